# Completion of jetcapture for bash. The program itself knows its flags, plug-ins and their options: it is asked.

_jetcapture() {
  local cur cword words=() candidate
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n =: cur words cword
  else
    cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
  fi
  # bash replaces only what follows the last = or : of the word.
  local kept=${cur%"${cur##*[=:]}"} answer=() value=${cur##*=}
  mapfile -t answer < <("${words[0]/#\~/$HOME}" __complete "${words[@]:1:cword-1}" "$cur" 2>/dev/null)
  COMPREPLY=()
  for candidate in "${answer[@]}"; do
    case $candidate in
    :files | :folders)
      [[ $candidate == :files ]] && mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$value")
      [[ $candidate == :folders ]] && mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$value")
      compopt -o filenames 2>/dev/null
      ;;
    *)
      candidate=${candidate%%$'\t'*}
      COMPREPLY+=("${candidate#"$kept"}")
      [[ $candidate == *= ]] && compopt -o nospace 2>/dev/null
      ;;
    esac
  done
}
complete -F _jetcapture jetcapture
