// SPDX-License-Identifier: Apache-2.0

// The style sheet of the page that FormatHtml makes: its colors, its text and
// the cards of the columns. html_table_style.h has the table,
// html_media_style.h what differs on a phone and on paper, and html_filter.h
// what depends on the columns.
#ifndef EXAMPLES_COMPARE_PRINT_HTML_STYLE_H_
#define EXAMPLES_COMPARE_PRINT_HTML_STYLE_H_

namespace compare {

// Colors: WCAG AA, in light and in dark. Signs say the same as the colors.
inline constexpr char kHtmlColors[] = R"css(
:root {
  color-scheme: light dark;
  --page: #ffffff; --raised: #f5f6f8; --text: #1c2128; --quiet: #596270;
  --line: #d6dbe1; --link: #0b57b0; --mark: #fff3c4;
  --removed: #0a5a3c; --removed-back: #dff2e8;
  --left: #8c2a00; --left-back: #fcdccb;
  --taken: #6a1b6e; --taken-back: #f5def6;
  --none: #596270; --none-back: #eceef1;
  --problem: #ffffff; --problem-back: #a4161a;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --raised: #1d2127; --text: #e4e7eb; --quiet: #9ba5b1;
    --line: #343b44; --link: #7db8ff; --mark: #3d3714;
    --removed: #8ddcb4; --removed-back: #163326;
    --left: #ffb899; --left-back: #4a2414;
    --taken: #efb3f2; --taken-back: #42204a;
    --none: #9ba5b1; --none-back: #22272e;
    --problem: #ffffff; --problem-back: #b3262b;
  }
}
.removed { color: var(--removed); background: var(--removed-back); }
.left { color: var(--left); background: var(--left-back); font-weight: 650; }
.taken { color: var(--taken); background: var(--taken-back); font-weight: 650; }
.none { color: var(--none); background: var(--none-back); }
.problem {
  color: var(--problem); background: var(--problem-back); font-weight: 650;
}
.removed::before { content: "\2713\00a0"; }
.left::before { content: "\2717\00a0"; }
.taken::before { content: "!\00a0"; }
.none::before { content: "\2013\00a0"; }
.problem::before { content: "\2260\00a0"; }
)css";

inline constexpr char kHtmlText[] = R"css(
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 100rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
h1 { margin: 0 0 .5rem; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2rem 0 .75rem; font-size: 1.2rem; }
p { margin: 0 0 .5rem; }
ul { margin: 0; padding: 0; list-style: none; }
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre { font: .85em/1.4 ui-monospace, Menlo, Consolas, monospace; }
.lead { max-width: 46rem; }
.unseen {
  position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
.legend { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin-top: 1rem; }
.legend b { padding: .1rem .1rem .1rem .4rem; border-radius: .25rem; }
footer { margin-top: 2.5rem; font-size: .875rem; color: var(--quiet); }
)css";

inline constexpr char kHtmlForm[] = R"css(
.filter, .nothing, .no-column { display: none; --shown: inline-block; }
.cards {
  display: grid; gap: .75rem;
  grid-template-columns: repeat(auto-fill, minmax(min(13.5rem, 100%), 1fr));
}
.cards li {
  display: flex; flex-direction: column; padding: .75rem 1rem;
  background: var(--raised); border: 1px solid var(--line);
  border-radius: .5rem; scroll-margin-top: 1rem;
}
.cards li:target { border-color: var(--link); }
.cards h3 { margin: 0 0 .25rem; font-size: 1rem; line-height: 1.35; }
.cards label, .rows label { cursor: pointer; }
.cards code { display: block; color: var(--quiet); font-weight: 400; }
.cards p { font-size: .875rem; color: var(--quiet); }
.cards .count { margin: auto 0 .35rem; color: var(--text); }
.count strong { font-size: 1.15rem; font-variant-numeric: tabular-nums; }
.bar { height: .375rem; border-radius: .2rem; background: var(--line); }
.bar div { height: 100%; border-radius: .2rem; background: var(--left); }
.rows { margin: 1.25rem 0 0; }
.rows label { display: inline-block; margin-right: 1rem; }
.rows button {
  padding: .25rem .75rem; font: inherit; font-size: .875rem; color: inherit;
  background: var(--raised); border: 1px solid var(--line);
  border-radius: .375rem; cursor: pointer;
}
.nothing, .no-column { margin: 1rem 0; font-weight: 600; }
nav { margin: 1rem 0 1.5rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
nav li { --shown: block; }
)css";

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_HTML_STYLE_H_
