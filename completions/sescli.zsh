#compdef sescli

_sescli_completion() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _SESCLI_COMPLETE=complete_zsh sescli)
}

compdef _sescli_completion sescli
