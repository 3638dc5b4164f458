#!/usr/bin/env bash
# Runs `grok test` on the paths in PATHS, and comments on the pull request of the number in PULL_REQUEST with the result. The
# comment of an earlier run is replaced. The exit code is that of `grok test`. Run by action.yml.
set -euo pipefail

results=$RUNNER_TEMP/grok
mkdir -p "$results"
npm install --loglevel=error --no-audit --no-fund --ignore-scripts --prefix "$results" "$PACKAGE" || {
  echo "::error::npm cannot install $PACKAGE: see its error above, and check the input package"
  exit 1
}
read -r -d '' -a paths <<<"$PATHS" || true

code=0
"$results/node_modules/.bin/grok" test --coverage --junit "$results/junit.xml" --sarif "$results/grok.sarif" "${paths[@]}" \
  >"$results/output.txt" 2>&1 || code=$?
cat "$results/output.txt"
{
  echo "junit=$results/junit.xml"
  echo "sarif=$results/grok.sarif"
} >>"$GITHUB_OUTPUT"

# Exit code 2: the reason comes before the usage, or before the results of the other paths.
headline=$(tail -n 1 "$results/output.txt")
[[ $code != 2 ]] || headline=$(grep -m 1 '^error: ' "$results/output.txt" || echo "$headline")

marker='<!-- grok test -->'
{
  echo "$marker"
  echo "**grok test: $headline**"
  echo
  # GitHub refuses comments of more than 65536 characters. Indented lines are code, whatever the output contains.
  head -c 50000 "$results/output.txt" | sed 's/^/    /'
} >"$results/comment.md"
cat "$results/comment.md" >>"$GITHUB_STEP_SUMMARY"

if [[ $COMMENT == true && -n $PULL_REQUEST ]]; then
  comments=repos/$GH_REPO/issues/$PULL_REQUEST/comments
  # Another author's comment can start with the marker too, for example one that quotes it.
  own=".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$marker\"))) | .id"
  if id=$(gh api --paginate "$comments" --jq "$own" | head -n 1) &&
    if [[ -n $id ]]; then
      gh api --silent --method PATCH "repos/$GH_REPO/issues/comments/$id" --field "body=@$results/comment.md"
    else
      gh api --silent --method POST "$comments" --field "body=@$results/comment.md"
    fi; then
    echo "commented on pull request $PULL_REQUEST"
  else
    # e.g. a pull request of a fork, whose token must not write
    echo "::warning::cannot comment on pull request $PULL_REQUEST: the job needs the permission pull-requests: write"
  fi
fi
exit "$code"
