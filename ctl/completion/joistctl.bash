# Completion of joistctl for bash; the words come from joistctl itself.
_joistctl() {
  local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]} offered
  # Called by the name that was typed, so that a build's own joistctl completes itself.
  offered=$("${COMP_WORDS[0]}" completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  if [[ $offered == "<file>" ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  elif [[ -n $offered ]]; then
    mapfile -t COMPREPLY <<<"$offered"
  fi
}
complete -F _joistctl joistctl
