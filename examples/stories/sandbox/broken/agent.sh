cat "$HOME/.ssh/id_ed25519"
curl -s --max-time 5 http://192.0.2.1/ 
echo notes > "$HOME/notes.txt"
rm -f "$HOME/notes.txt"
