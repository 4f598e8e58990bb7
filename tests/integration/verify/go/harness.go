// Reads tokens, one a line, and prints what newVerifier's function makes of each: its sub, or why it refuses it.
package main

import (
	"bufio"
	"encoding/json"
	"os"
)

func main() {
	verify, broken := newVerifier(os.Getenv("PAWL"))
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		subject, err := "", broken
		if broken == nil {
			subject, err = verify(lines.Text())
		}
		if err != nil {
			out.Encode(map[string]string{"refused": err.Error()})
		} else {
			out.Encode(map[string]string{"sub": subject})
		}
	}
}
