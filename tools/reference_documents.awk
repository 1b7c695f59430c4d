# SPDX-License-Identifier: Apache-2.0

# Doxygen's filter for documents (tools/reference): gives each heading the anchor that
# GitHub gives it, and lets links lead to the pages that doxygen makes.
#
#   awk -v tree=FOLDER -v headers='FILE...' -f tools/reference_documents.awk FILE
#
# A document is the page that its path names (docs/fork.md is docs_fork.html). A
# header is a page, and so is an example. Any other file is linked as FILE.txt.

# page(DOCUMENT): without ".html".
function page(document) {
  if (document == "README.md") return "index"
  sub(/\.md$/, "", document)
  gsub(/\//, "_", document)
  return document
}

# joined(DIRECTORY, PATH): without "..".
function joined(directory, path) {
  while (path ~ /^\.\.\//) {
    path = substr(path, 4)
    if (!sub(/\/[^\/]*$/, "", directory)) directory = ""
  }
  return directory == "" ? path : directory "/" path
}

# doxygen's name of the page of a source, from its last component.
function source_page(path) {
  sub(/.*\//, "", path)
  gsub(/_/, "__", path)
  gsub(/\./, "_8", path)
  return path
}

function example_page(path) {
  sub(/.*\//, "", path)
  gsub(/\./, "_8", path)
  return path "-example.html"
}

function target_of(link,    anchor, path) {
  if (link ~ /^https?:/) return link
  anchor = ""
  path = link
  if (match(link, /#/)) {
    anchor = substr(link, RSTART + 1)
    path = substr(link, 1, RSTART - 1)
  }
  path = path == "" ? document : joined(directory, path)
  if (path ~ /\.md$/) {
    path = page(path)
    return path ".html" (anchor == "" ? "" : "#" path "-" anchor)
  }
  if (path in is_header) return source_page(path) ".html"
  if (path ~ /^examples\/[a-z_]+\.cc$/) return example_page(path)
  return path ".txt"
}

FNR == 1 {
  document = substr(FILENAME, length(tree) + 2)
  directory = document
  if (!sub(/\/[^\/]*$/, "", directory)) directory = ""
  n = split(headers, list, " ")
  for (i = 1; i <= n; i++) {
    is_header[list[i]]
    base = list[i]
    sub(/.*\//, "", base)
    by_name[base] = list[i]
  }
}

/^ *```/ { fenced = !fenced; sub(/c\+\+/, "cpp"); print; next }
fenced { print; next }

/^#+ / {
  anchor = tolower($0)
  sub(/^#+ /, "", anchor)
  gsub(/[^a-z0-9 _-]/, "", anchor)
  gsub(/ /, "-", anchor)
  heading = $0
  gsub(/[<]/, "\\&lt;", heading)
  # Doxygen prints a heading as it is.
  gsub(/`/, "", heading)
  if (FNR == 1) {
    print heading " {#" (document == "README.md" ? "mainpage" : page(document)) "}"
  } else {
    print heading " {#" page(document) "-" anchor "}"
  }
  next
}

# Code, or the text of a link, that begins in one line and ends in the next.
{
  if (unfinished) sub(/^ +/, "")
  $0 = unfinished $0
  unfinished = ""
  if (gsub(/`/, "`") % 2 || /\[[^\]]*$/) {
    unfinished = $0 " "
    next
  }
  rest = $0
  line = ""
  while (match(rest, /!?\[[^\]]*\]\([^) ]+\)|`[^`]*`/)) {
    found = substr(rest, RSTART, RLENGTH)
    line = line substr(rest, 1, RSTART - 1)
    rest = substr(rest, RSTART + RLENGTH)
    if (found ~ /^`/) {
      name = substr(found, 2, length(found) - 2)
      if (name in by_name) name = by_name[name]
      if (name in is_header)
        found = "<a href=\"" source_page(name) ".html\">" found "</a>"
    } else if (found ~ /^!/) {
      # Doxygen finds an image by its name.
      sub(/\(.*\//, "(", found)
    } else {
      match(found, /\]\([^)]*\)$/)
      text = substr(found, 2, RSTART - 2)
      link = substr(found, RSTART + 2, RLENGTH - 3)
      found = "<a href=\"" target_of(link) "\">" text "</a>"
    }
    line = line found
  }
  print line rest
}
