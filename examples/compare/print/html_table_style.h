// SPDX-License-Identifier: Apache-2.0

// The part of the style sheet for the table and the explanations in it.
#ifndef EXAMPLES_COMPARE_PRINT_HTML_TABLE_STYLE_H_
#define EXAMPLES_COMPARE_PRINT_HTML_TABLE_STYLE_H_

namespace compare {

// Two rows for each way of ending: its title is in both, the cells are in the
// first, and the explanation is in the second. Borders of the color of the page
// part the cells, and go along with what is sticky. The title of a row stays
// beside the explanation, which is long where there are many columns. --head is
// more than the height of the column titles, and what is scrolled to stays
// below them.
inline constexpr char kHtmlTable[] = R"css(
:root { --head: 6rem; }
html { scroll-padding-top: calc(var(--head) + 1rem); }
table {
  margin-left: -1.5rem; width: calc(100% + 1.5rem); font-size: .8125rem;
  line-height: 1.35; border-collapse: separate; border-spacing: 0;
}
tbody { --shown: table-row-group; }
tr { --shown: table-row; }
caption {
  padding: 2rem 0 .5rem 1.5rem; text-align: left;
  font-size: 1.2rem; font-weight: 700;
}
th { text-align: left; vertical-align: top; background: var(--page); }
thead th {
  position: sticky; top: 0; z-index: 2; padding: .5rem .4rem;
  vertical-align: bottom; border-bottom: 2px solid var(--line); width: 12rem;
}
thead th:first-child { left: 0; z-index: 3; padding-left: 1.5rem; }
thead a { color: inherit; text-decoration: none; }
thead a:hover, .title a:hover { text-decoration: underline; }
.group th {
  padding: 1.75rem 0 .4rem; font-size: 1rem;
  border-bottom: 1px solid var(--line);
}
.group span { position: sticky; left: 0; padding-left: 1.5rem; }
th[scope=row] {
  position: sticky; left: 0; z-index: 1; width: 14.5rem;
  min-width: 12rem; padding: .4rem .75rem .4rem 1.5rem;
  border-bottom: 1px solid var(--line);
}
.title { position: sticky; top: var(--head); }
.title a { display: block; color: inherit; text-decoration: none; }
th small {
  display: block; color: var(--quiet);
  font: .75rem/1.4 ui-monospace, Menlo, Consolas, monospace;
}
.cells td {
  height: 1px; min-width: 5.5rem; padding: 0; border: solid var(--page);
  border-width: 4px 1px 0; border-radius: .5rem; background-clip: padding-box;
  position: relative; padding: .3rem .4rem;
}
.cells td a { color: inherit; text-decoration: none; }
.cells td a::after { content: ""; position: absolute; inset: 0; }
.cells td:hover { filter: contrast(1.15); }
.cells td a:hover { text-decoration: underline; }
.cells small { font-weight: 400; white-space: nowrap; }
.more td { padding: 0; border-bottom: 1px solid var(--line); }
)css";

// The text does not make the table wider, and stays where it can be read when a
// wide table is moved below a narrow window.
inline constexpr char kHtmlWhy[] = R"css(
details {
  contain: inline-size; position: sticky; left: 12rem;
  max-width: calc(100vw - 13rem);
}
summary {
  padding: .3rem .4rem .45rem; color: var(--quiet); cursor: pointer;
}
summary:hover { color: var(--text); }
details[open] summary { color: var(--text); }
dl { margin: 0; padding: 0 .4rem .75rem 1.4rem; font-size: .875rem; }
dl, dl a { scroll-margin-top: 12rem; }
.why {
  --shown: grid; display: grid; gap: 0 1.25rem; padding: .5rem 0;
  grid-template-columns: minmax(12rem, 26rem) minmax(0, 44rem);
  border-top: 1px solid var(--line);
}
dt b { display: inline-block; padding: .1rem .45rem; border-radius: .25rem; }
dt { font-size: .8125rem; }
dt b { margin-right: .4rem; font-size: .875rem; }
dt a {
  display: inline-block; margin-right: .4rem; padding: 0 .25rem;
  border-radius: .2rem;
  color: var(--quiet);
}
dt a:not(:hover) { text-decoration: none; }
dt a:target { color: var(--text); background: var(--mark); }
dd { margin: 0; }
dd p { margin: .35rem 0 0; font-weight: 600; }
pre {
  margin: .4rem 0 0; padding: .4rem .6rem;
  white-space: pre-wrap; overflow-wrap: anywhere;
  background: var(--raised); border: 1px solid var(--line);
}
)css";

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_HTML_TABLE_STYLE_H_
