// SPDX-License-Identifier: Apache-2.0

// The part of the style sheet for narrow screens and for paper.
#ifndef EXAMPLES_COMPARE_PRINT_HTML_MEDIA_STYLE_H_
#define EXAMPLES_COMPARE_PRINT_HTML_MEDIA_STYLE_H_

namespace compare {

// Where the table has no room, each way of ending is a card, with a chip for
// each column. For screens that are narrower than the table.
inline constexpr char kHtmlNarrow[] = R"css(
  html { scroll-padding-top: 1rem; }
  body { padding: 1.25rem 1rem 3rem; }
  h1 { font-size: 1.6rem; }
  thead {
    position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%);
  }
  h2, caption { font-size: 1.1rem; }
  table, caption, tbody, .group, .group th, .more, .more td {
    display: block; width: auto; --shown: block;
  }
  table { margin: 0; font-size: .875rem; }
  caption, .group span { padding-left: 0; }
  details { position: static; max-width: none; }
  .group th { padding: 1.5rem 0 .5rem; border: 0; }
  .cells {
    --shown: grid; display: grid; gap: .3rem;
    grid-template-columns: repeat(auto-fill, minmax(6.4rem, 1fr));
    padding: .75rem .75rem 0; background: var(--raised);
    border: solid var(--line); border-width: 1px 1px 0;
    border-radius: .5rem .5rem 0 0;
  }
  .cells th {
    position: static; grid-column: 1 / -1; width: auto; padding: 0; border: 0;
    background: none; font-size: 1rem;
  }
  .title {
    position: static; display: flex; justify-content: space-between; gap: 1rem;
    align-items: baseline;
  }
  .cells td {
    height: auto; min-width: 0; padding: .2rem .35rem; border: 0;
    border-radius: .25rem; font-size: .75rem; overflow-wrap: break-word;
  }
  .cells td a { font-size: 0; }
  .cells td a::before { content: var(--name); font-size: .75rem; }
  .more {
    margin-bottom: .75rem; background: var(--raised);
    border: solid var(--line); border-width: 0 1px 1px;
    border-radius: 0 0 .5rem .5rem;
  }
  .more td { padding: .25rem .4rem; border: 0; }
  .why { grid-template-columns: 1fr; gap: .35rem; }
  dl { padding-left: .4rem; }
)css";

inline constexpr char kHtmlPrint[] = R"css(
@page { size: A4 landscape; margin: 10mm; }
@media print {
  body { padding: 0; max-width: none; font-size: 8pt; line-height: 1.35; }
  h1 { font-size: 16pt; }
  h2, caption { font-size: 11pt; }
  nav, footer { display: none; }
  table { break-before: page; }
  .lead { max-width: none; }
  .cards { grid-template-columns: repeat(6, 1fr); gap: 3mm; }
  .cards li { padding: 2mm 3mm; break-inside: avoid; }
  .cards h3, .cards p { font-size: inherit; }
  table { margin: 0; width: 100%; font-size: 7pt; }
  caption, .group span, thead th:first-child { padding-left: 0; }
  details { position: static; max-width: none; }
  thead th, th[scope=row], .title { position: static; }
  thead th { padding: 1mm; width: auto; }
  th[scope=row] { width: 34mm; min-width: 0; padding: 1mm 2mm 1mm 0; }
  .group th { padding: 4mm 0 1mm; font-size: 9pt; break-after: avoid; }
  .cells, .more { break-inside: avoid; }
  .cells, .cells th, .cells td { break-after: avoid; }
  .cells td { min-width: 0; padding: .7mm 1mm; }
  .removed, .left, .taken, .none, .problem, .bar, .bar div {
    print-color-adjust: exact;
  }
  details::details-content {
    display: block; content-visibility: visible; block-size: auto;
  }
  summary { list-style: none; padding: .7mm 1mm; color: inherit; }
  dl { padding: 0 1mm 1.5mm; font-size: inherit; }
  .why { display: block; padding: .5mm 0; break-inside: avoid; border: 0; }
  .why dt, .why dd { display: inline; font-size: inherit; }
  dt b { padding: 0 .7mm; font-size: inherit; }
  dt a { padding: 0; color: inherit; }
  dt::after { content: "\2013\00a0"; }
  .all dt a { display: none; }
  .all dt::after { content: " in every column \2013\00a0"; }
  th small { font-size: 6.5pt; }
}
)css";

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_HTML_MEDIA_STYLE_H_
