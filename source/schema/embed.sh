#!/bin/sh
# Writes C++ that holds the tables of api/ as text. Arguments: the .tsv files.
set -eu
echo '#include "source/schema/wire_data.h"'
echo 'namespace weir::schema {'
for file in "$@"; do
  base=$(basename "$file" .tsv)
  first=$(printf '%s' "$base" | cut -c1 | tr '[:lower:]' '[:upper:]')
  rest=$(printf '%s' "$base" | cut -c2-)
  echo "static const char ${base}_text[] ="
  # A line that begins with # is the header or a comment.
  sed -e '/^#/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/\\n"/' "$file"
  echo ';'
  echo "const std::string_view k${first}${rest}Table(${base}_text, sizeof(${base}_text) - 1);"
done
echo '}  // namespace weir::schema'
