// SPDX-License-Identifier: Apache-2.0

// The style sheet of the page /debug/finalizers: for a phone and a desk, light
// and dark.
#ifndef EXAMPLES_SPOOL_SERVICE_PAGES_DEBUG_PAGES_STYLE_H_
#define EXAMPLES_SPOOL_SERVICE_PAGES_DEBUG_PAGES_STYLE_H_

namespace spool_service {

inline constexpr char kStyle[] = R"css(
:root {
  color-scheme: light dark;
  --page: #fbfaf8; --card: #ffffff; --text: #1d2125; --quiet: #5c646d;
  --line: #e3e1dc; --bad: #a4161a; --bad-back: #fbe3e3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181b; --card: #1c2024; --text: #e6e8ea; --quiet: #9aa3ad;
    --line: #2e343a; --bad: #ff9c9c; --bad-back: #401a1c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 76rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
h1 { margin: 0; font-size: 1.6rem; letter-spacing: -.02em; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
.quiet { margin: .25rem 0; color: var(--quiet); }
.cards { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0 0; }
.card {
  flex: 1 1 7.5rem; padding: .6rem .9rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; color: var(--quiet);
}
.card b {
  display: block; font-size: 1.5rem; color: var(--text);
  font-variant-numeric: tabular-nums;
}
.card.bad, .card.bad b { background: var(--bad-back); color: var(--bad); }
.box {
  background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; overflow: hidden;
}
details + details { border-top: 1px solid var(--line); }
summary, .line {
  display: grid; gap: .1rem .9rem; padding: .45rem .9rem;
  grid-template-columns: 5.5rem 5rem 1fr; align-items: baseline;
}
summary { cursor: pointer; }
summary .what::before {
  content: ""; display: inline-block; width: .4rem; height: .4rem;
  margin-right: .6rem; border: solid var(--quiet); border-width: 0 2px 2px 0;
  transform: rotate(-45deg);
}
details[open] summary .what::before { transform: rotate(45deg); }
summary:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
.line + .line { border-top: 1px solid var(--line); }
.entries { padding: 0 0 .5rem; }
.entries .line { padding-left: 2rem; font-size: .9rem; }
.number { color: var(--quiet); font-variant-numeric: tabular-nums; }
.age { font-weight: 600; font-variant-numeric: tabular-nums; }
.what { overflow-wrap: anywhere; }
code { font: .85em/1.4 ui-monospace, Menlo, Consolas, monospace; }
code, .more { overflow-wrap: anywhere; color: var(--quiet); }
@media (max-width: 40rem) {
  summary, .line { grid-template-columns: auto 1fr; }
  .what { grid-column: 1 / -1; }
  .entries .line { padding-left: 1.4rem; }
}
@media print { .box { overflow: visible; } }
)css";

}  // namespace spool_service

#endif  // EXAMPLES_SPOOL_SERVICE_PAGES_DEBUG_PAGES_STYLE_H_
