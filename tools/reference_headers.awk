# SPDX-License-Identifier: Apache-2.0

# Doxygen's filter for headers (tools/reference). Turns plain comments into the
# form that doxygen reads; lines without comments remain as they are:
#
#   The opening comment of a header describes its file.
#   A comment above a declaration describes it, and one behind a member this member.
#   An overload without a comment, directly below one with a comment, refers to it.
#   A type that has no comment of its own is described by the opening comment, where
#   it says `Type: what it is`.
#
# In a comment, indented lines are shown as they are, and in color if they are C++.
# `Word: ...` begins a paragraph with a heading. What is not public, or only helps the
# compiler, is left out: private members, NOLINT, overloads that reject wrong calls.
#
# Says on standard error which types and functions of a namespace lack a comment, and
# which comments are above nothing.

# --- the text of a comment ---

# escaped(TEXT): so that doxygen prints it as it is, except between backticks, which
# may be in different lines.
function escaped(text,    result, i, c) {
  result = ""
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c == "`") in_backticks = !in_backticks
    else if (in_backticks) ;
    else if (c == "<") c = "&lt;"
    else if (c == ">") c = "&gt;"
    else if (c == "&") c = "&amp;"
    else if (index("\\@#%*", c)) c = "\\" c
    result = result c
  }
  # Otherwise a list begins with a number that ends a sentence.
  if (match(result, /^[0-9]+\. /))
    result = substr(result, 1, RLENGTH - 2) "\\" substr(result, RLENGTH - 1)
  return result
}

function indent_of(line) {
  match(line, /^ */)
  return RLENGTH
}

function is_code(first, last, lines,    i) {
  for (i = first; i <= last; i++)
    if (lines[i] ~ /[;{}] *(\/\/.*)?$/ || lines[i] ~ /^ *#(include|if) /) return 1
  return 0
}

# document(LINES, COUNT, IS_FILE): the lines of a comment, in doxygen's form.
function document(lines, count, is_file,    i, j, k, indent, result, line, label, list,
    next_indent) {
  result = in_backticks = list = ""
  for (i = 1; i <= count; i++) {
    line = lines[i]
    indent = indent_of(line)
    if (line == "") {
      in_backticks = list = ""
      result = result "///\n"
    } else if (list && indent > 0) {
      result = result "/// " line "\n"
    } else if (indent > 0 && begins_block(lines, i)) {
      for (j = i; j < count; j++) {
        if (lines[j + 1] == "") continue
        next_indent = indent_of(lines[j + 1])
        # A continuation of the paragraph above is indented less than code.
        if (next_indent < 2 || (next_indent < indent && !is_table(lines[j + 1]))) break
      }
      while (lines[j] == "") j--
      # A table may begin with a line that is indented more than the others.
      for (k = i; k <= j; k++)
        if (lines[k] != "" && indent_of(lines[k]) < indent) indent = indent_of(lines[k])
      label = is_code(i, j, lines) ? "cpp" : "unparsed"
      result = result "///\n/// \\code{." label "}\n"
      for (k = i; k <= j; k++) result = result "/// " substr(lines[k], indent + 1) "\n"
      result = result "/// \\endcode\n///\n"
      i = j
    } else {
      sub(/^ +/, "", line)
      if (indent == 0 && line ~ /^[-*] /) {
        list = 1
        line = "- " escaped(substr(line, 3))
      } else {
        list = ""
        label = ""
        if (indent == 0 && begins_paragraph(lines, i, is_file) && \
            match(line, /^[A-Z][A-Za-z, -]*(<[A-Z]>)?:( |$)/) && RLENGTH <= 40) {
          in_backticks = ""
          label = substr(line, 1, RLENGTH)
          line = substr(line, RLENGTH + 1)
          sub(/: ?$/, "", label)
          label = escaped(label)
          # `%`: the word is not the class of this name.
          label = (i == 1 ? "" : "///\n") "/// <b>" (is_file && i == 1 ? "" : "%") \
            label ":</b> "
        }
        line = escaped(line)
        if (label) {
          result = result label line "\n"
          continue
        }
      }
      result = result "/// " line "\n"
    }
  }
  return result
}

# begins_paragraph(LINES, I, IS_FILE): whether `Word:` in line I can be a heading, and
# is not in the middle of a sentence.
function begins_paragraph(lines, i, is_file) {
  if (i == 1) return is_file
  return lines[i - 1] ~ /^( |$)/ || lines[i - 1] ~ /[.:]\)?$/
}

function is_table(line) { return line ~ /[^ ]   +[^ ]/ }

# begins_block(LINES, I): whether the indented line I begins code or a table, and
# does not continue the line above, where its first word had no room.
function begins_block(lines, i,    word) {
  if (i == 1 || lines[i - 1] == "") return 1
  if (is_table(substr(lines[i], indent_of(lines[i]) + 1))) return 1
  if (indent_of(lines[i - 1]) >= indent_of(lines[i])) return 0
  word = substr(lines[i], indent_of(lines[i]) + 1)
  # Code between backticks stays in one line.
  if (!match(word, /^`[^`]*`[^ ]*/)) match(word, /^[^ ]*/)
  word = substr(word, 1, RLENGTH)
  return column + 3 + length(lines[i - 1]) + 1 + length(word) <= 80
}

# described(TYPE): what the opening comment says about it, or "".
function described(type,    at, text) {
  if (match(" " opening, "[ .]" type "(<[A-Z]>)?: ")) {
    text = substr(" " opening, RSTART + RLENGTH)
    if (match(text, /\. [A-Z][A-Za-z<>]*: /)) text = substr(text, 1, RSTART)
    return toupper(substr(text, 1, 1)) substr(text, 2)
  }
  return index(opening, type " ") == 1 ? opening : ""
}

# --- declarations ---

# Removes strings, characters and the comment from $0: what counts as code.
function code_of(line) {
  gsub(/(FINALIZE_[A-Z_]*EXPORT(_TYPE)?|TEMPDIR_PATH_ABI) /, "", line)
  gsub(/\\./, "", line)
  gsub(/'[^']'/, "0", line)
  gsub(/"[^"]*"/, "0", line)
  sub(/\/\/.*/, "", line)
  gsub(/\/\*[^*]*\*\//, "", line)
  return line
}

# without_templates(TEXT): without what is between < and >.
function without_templates(text) {
  gsub(/operator *(<<|<=|>=|<|>|->)/, "operator", text)
  gsub(/->|<=|>=|<<|>>=/, "", text)
  while (sub(/<[^<>]*>/, "", text)) ;
  return text
}

# name_of(STATEMENT): the name of the function or type that it declares.
function name_of(text) {
  text = without_templates(text)
  gsub(/template|public:|private:|protected:/, " ", text)
  sub(/[({=;].*/, "", text)
  gsub(/__attribute__|\[\[[^]]*\]\]/, "", text)
  sub(/^ */, "", text)
  if (text ~ /^(class|struct|union|enum) /) sub(/ (final *)?:.*/, "", text)
  sub(/ *(final)? *$/, "", text)
  sub(/.*[ *&]/, "", text)
  return text
}

function kind_of_block(text) {
  text = without_templates(text)
  gsub(/template|public:|private:|protected:|\[\[[^]]*\]\]/, " ", text)
  sub(/^ */, "", text)
  if (text ~ /^namespace/ && text !~ /^namespace (finalize|tempdir)(::testing)? *$/)
    return "hidden"
  if (text ~ /^(inline )?namespace/ || text ~ /^extern 0 *$/) return "namespace"
  if (text ~ /^enum/) return "enum"
  if (text ~ /^(class|struct|union)/ && text !~ /[()=]/) return "class"
  return "body"
}

# private(): whether only this class or those derived from it may use what follows.
function private() { return access[depth] ~ /^pr/ }
function visible() { return !hidden && kind[depth] != "body" && !private() }

# is_noise(DECLARATION): whether it only helps the compiler: overloads that reject wrong
# calls, friends that are types, deduction guides.
function is_noise(text) {
  return text ~ /EnableIfMisuse|^ *friend (class|struct) |\) ->[^{]*;/
}

# needs_comment(STATEMENT): whether it is a type, function or constant of a namespace.
# Operators, what Abseil and the standard library call, and declarations without a
# definition (after the first overload) explain themselves.
function needs_comment(text) {
  return visible() && kind[depth] == "namespace" && name_of(text) != "" && \
    text !~ /MATCHER|operator|AbslHashValue|AbslStringify|namespace|using |std::/ && \
    without_templates(text) !~ /^ *(template *)?(class|struct) [A-Za-z]*;/ && \
    !(text ~ /constexpr|\(/ && name_of(text) == previous_name)
}

# summary(STATEMENT): the comment of one that has none of its own, or "".
function summary(text,    found) {
  if (text ~ /^ *(template.*)?(class|struct|enum)/ && text ~ /{$/)
    found = described(name_of(text))
  if (found != "") return "/// " escaped(found) " See " header ".\n"
  print header ":" FNR ": " name_of(text) " has no comment" >"/dev/stderr"
  return ""
}

# Prints a declaration, or its beginning, below its comment.
function flush(ended,    text, name) {
  if (private() || (ended && is_noise(buffer))) {
    buffer = ""
    comments = 0
  }
  if (buffer == "") return
  name = name_of(statement_text)
  text = ""
  if (comments > 0)
    text = document(comment, comments, 0)
  else if (ended && adjoining && has_comment && name == previous_name && \
      statement_text ~ /\(/ && name !~ /^(MATCHER|operator)/)
    text = "/// As above, with other arguments.\n"
  else if (needs_comment(statement_text))
    text = summary(statement_text)
  gsub(/, *finalize_internal::(Enable)?If[A-Za-z]*<[^<>]*> = 0/, "", buffer)
  printf "%s%s", text, buffer
  buffer = ""
  comments = 0
  has_comment = text != ""
  if (ended) previous_name = name
  adjoining = 1
}

# A comment that is not above a declaration.
function drop_comment() {
  if (comments > 0) print header ":" FNR ": a comment describes nothing" >"/dev/stderr"
  comments = 0
}

# Whether this line ends a declaration that is not in a body.
function at_end() { return ended && kind[depth] != "body" && parens == 0 }

BEGIN {
  depth = 0
  kind[0] = "namespace"
  state = "start"
}

FNR == 1 {
  header = FILENAME
  if (match(header, /(finalize|tempdir)\/[a-z_]*\.h$/))
    header = substr(header, RSTART)
  print "/// \\" (example ? "example " example "\n/// \\details" : "file")
  next
}

# The opening comment.
state == "start" {
  if (/^\/\//) {
    line = $0
    sub(/^\/\/ ?/, "", line)
    comment[++comments] = line
    if (line == "") summarized = 1
    if (!summarized) opening = opening (opening == "" ? "" : " ") line
    next
  }
  if (comments == 0) { print "///"; next }
  column = 0
  printf "%s", document(comment, comments, 1)
  comments = 0
  state = "code"
  print ""
  if (example) exit
}

# Preprocessor lines.
/^#/ || continued {
  continued = /\\$/
  if (/^#define/ && comments > 0 && !/^#define [A-Z_]*_\(/) {
    printf "%s", document(comment, comments, 0)
    comments = 0
  }
  if (buffer == "") { drop_comment(); print } else buffer = buffer $0 "\n"
  next
}

# A comment of its own line, between declarations or behind the last member.
/^ *\/\// && buffer == "" && parens == 0 {
  line = $0
  if (behind && index(line, "//") == behind && comments == 0) {
    sub(/\/\/ ?/, "", line)
    sub(/^ */, "", line)
    print "///< " escaped(line)
    next
  }
  behind = 0
  if (line ~ /^ *\/\/ NOLINT/ || !visible()) next
  column = index(line, "//") - 1
  sub(/^ *\/\/ ?/, "", line)
  comment[++comments] = line
  next
}

/^ *$/ {
  behind = 0
  if (buffer == "") { drop_comment(); adjoining = 0; previous_name = ""; print }
  else buffer = buffer $0 "\n"
  next
}

{
  behind = 0
  line = $0
  sub(/ *\/\/ NOLINT.*/, "", line)
  code = code_of(line)
  if (code ~ /^ *(public|protected|private): *$/) {
    match(code, /[a-z]+/)
    access[depth] = substr(code, RSTART, RLENGTH)
    if (access[depth - 1] ~ /^pr/) access[depth] = "private"
    drop_comment()
    previous_name = ""
    print line
    next
  }
  ended = 0
  buffer = buffer line "\n"
  for (i = 1; i <= length(code); i++) {
    c = substr(code, i, 1)
    if (c == "(") parens++
    if (c == ")") parens--
    if (c == "{") {
      opened = kind_of_block(statement_text)
      if (opened != "body" && kind[depth] != "body") {
        statement_text = statement_text c
        flush(0)
        previous_name = ""
      }
      outer_text[depth] = statement_text
      kind[++depth] = opened
      is_class = opened == "class" && statement_text !~ /struct|union/
      access[depth] = is_class ? "private" : ""
      if (access[depth - 1] ~ /^pr/) access[depth] = "private"
      if (opened == "hidden") hidden++
      statement_text = ""
    } else if (c == "}") {
      if (kind[depth] == "hidden") hidden--
      closed = kind[depth]
      if (depth > 0) depth--
      statement_text = closed == "body" ? outer_text[depth] "{}" : ""
      # A body ends its declaration, except an initializer.
      if (closed == "body" && parens == 0 && kind[depth] != "body" && \
          outer_text[depth] !~ /= *$/ && substr(code, i + 1) !~ /^ *[,;{]/)
        ended = 1
      else if (closed != "body") ended = 2
    } else if (c == ";" && parens == 0 && kind[depth] != "body") {
      statement_text = statement_text c
      ended = 1
    } else {
      statement_text = statement_text c
      if (c == "," && kind[depth] == "enum" && parens == 0) ended = 1
    }
    if (at_end() && substr(code, i + 1) ~ /^ *;? *$/) break
  }
  statement_text = statement_text " "
  # The last enumerator has no comma.
  if (!ended && kind[depth] == "enum" && code ~ /[A-Za-z0-9]/ && code !~ /{/) ended = 1
  if (at_end()) {
    # A comment behind a member.
    if (ended == 1 && visible() && match(line, /[;,}A-Za-z0-9]  +\/\/ /)) {
      at = RSTART + RLENGTH - 3
      text = substr(line, at + 3)
      sub(/\n$/, "", buffer)
      buffer = substr(buffer, 1, length(buffer) - length(line)) \
        substr(line, 1, at - 1) "///< " escaped(text) "\n"
      behind = at
    }
    if (ended == 2) {
      if (!private()) printf "%s", buffer
      buffer = ""
      drop_comment()
    } else {
      flush(1)
    }
    statement_text = ""
  }
}

END {
  printf "%s", buffer
  if (!example && (depth != 0 || parens != 0))
    print header ": the filter has lost count of its brackets" >"/dev/stderr"
}
