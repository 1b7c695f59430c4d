// SPDX-License-Identifier: Apache-2.0

// The style sheet of the page that FormatHtml makes.
#ifndef EXAMPLES_COMPARE_PRINT_HTML_STYLE_H_
#define EXAMPLES_COMPARE_PRINT_HTML_STYLE_H_

namespace compare {

// The page sets --columns, the number of columns compared.
inline constexpr char kHtmlStyle[] = R"css(
:root {
  color-scheme: light dark;
  --page: #fbfaf8; --card: #ffffff; --text: #1d2125; --quiet: #626a73;
  --line: #e3e1dc; --hover: #f4f2ee;
  --good: #1a6b3c; --good-back: #e4f3e9;
  --left: #8a4b00; --left-back: #fdeed8;
  --bad: #a4161a; --bad-back: #fbe3e3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181b; --card: #1c2024; --text: #e6e8ea; --quiet: #9aa3ad;
    --line: #2e343a; --hover: #23282d;
    --good: #86d7a3; --good-back: #17301f;
    --left: #f2bd78; --left-back: #37270f;
    --bad: #ff9c9c; --bad-back: #401a1c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 80rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", sans-serif;
}
h1 { margin: 0 0 .25rem; font-size: 1.9rem; letter-spacing: -.02em; }
h2 {
  margin: 2.25rem 0 .5rem; font-size: .8rem; font-weight: 600;
  letter-spacing: .08em; text-transform: uppercase; color: var(--quiet);
}
.lead { max-width: 44rem; margin: 0 0 1.5rem; color: var(--quiet); }
.cards { display: flex; flex-wrap: wrap; gap: 1rem; margin: 0 0 1.25rem; }
.card {
  flex: 1 1 16rem; padding: 1rem 1.25rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .6rem;
}
.card h3 { margin: 0 0 .25rem; font-size: 1rem; }
.card p { margin: .25rem 0 0; font-size: .9rem; color: var(--quiet); }
.card strong { font-size: 1.6rem; font-variant-numeric: tabular-nums; }
.bar {
  height: .5rem; margin: .5rem 0; border-radius: .25rem; overflow: hidden;
  background: var(--good-back); border: 1px solid var(--line);
}
.bar i { display: block; height: 100%; background: var(--left); }
.sentence { margin: .4rem 0; max-width: 60rem; }
.row, .heading {
  display: grid; gap: .25rem .75rem; align-items: center;
  grid-template-columns: minmax(11rem, 1.2fr) 5rem repeat(var(--columns), minmax(8rem, 1.4fr));
  padding: .45rem .9rem;
}
.heading {
  position: sticky; top: 0; z-index: 1; margin-top: 1.5rem;
  background: var(--page); border-bottom: 1px solid var(--line);
  font-size: .85rem; font-weight: 600;
}
.group {
  background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; overflow: hidden;
}
details + details { border-top: 1px solid var(--line); }
summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: var(--hover); }
summary:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
.title::before {
  content: ""; display: inline-block; width: .4rem; height: .4rem;
  margin-right: .6rem; border: solid var(--quiet); border-width: 0 2px 2px 0;
  transform: rotate(-45deg); transition: transform .12s;
}
details[open] .title::before { transform: rotate(45deg); }
.ending, code { font: .82rem/1.4 ui-monospace, Menlo, Consolas, monospace; }
.ending { color: var(--quiet); }
.cell {
  justify-self: start; padding: .1rem .6rem; border-radius: 1rem;
  font-size: .85rem; font-variant-numeric: tabular-nums;
}
.removed { color: var(--good); background: var(--good-back); }
.left { color: var(--left); background: var(--left-back); font-weight: 600; }
.problem { color: var(--bad); background: var(--bad-back); font-weight: 600; }
.more { padding: .25rem .9rem 1rem 2.1rem; max-width: 56rem; }
.more p { margin: .35rem 0; }
.more dl { margin: .5rem 0 0; }
.more dt { margin-top: .6rem; font-weight: 600; font-size: .9rem; }
.more dd { margin: .1rem 0 0; }
.more .cell { margin-left: .5rem; font-weight: 400; }
pre {
  margin: .4rem 0 0; padding: .5rem .75rem; overflow-x: auto;
  border: 1px solid var(--line); border-radius: .4rem; background: var(--page);
  font: .78rem/1.45 ui-monospace, Menlo, Consolas, monospace;
}
@media (max-width: 46rem) {
  .heading { display: none; }
  .row { grid-template-columns: 1fr auto; }
  .row .cell { grid-column: 1 / -1; }
  .row .cell::before { content: attr(data-column) ": "; }
}
@media print { .heading { position: static; } }
)css";

}  // namespace compare

#endif  // EXAMPLES_COMPARE_PRINT_HTML_STYLE_H_
