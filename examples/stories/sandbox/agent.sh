echo notes > "$HOME/notes.txt"
