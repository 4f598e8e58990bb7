// An API that takes Pawl's access tokens, with go-oidc and nothing but the issuer.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

type user struct {
	Subject string   `json:"sub"`
	Roles   []string `json:"roles"`
}

// protected calls next with the user of the request's token. What go-oidc calls the client's id is the audience.
func protected(verifier *oidc.IDTokenVerifier, role string, next func(http.ResponseWriter, user)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		verified, err := verifier.Verify(r.Context(), token)
		var who user
		if err != nil || verified.Claims(&who) != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "Log in.", http.StatusUnauthorized)
		} else if role != "" && !slices.Contains(who.Roles, role) {
			http.Error(w, "This needs the role "+role+".", http.StatusForbidden)
		} else {
			next(w, who)
		}
	}
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	pawl := env("PAWL", "http://127.0.0.1:8080")
	provider, err := oidc.NewProvider(context.Background(), pawl)
	if err != nil {
		log.Fatal(err)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: pawl})
	answer := func(w http.ResponseWriter, who user) { json.NewEncoder(w).Encode(who) }
	http.HandleFunc("GET /me", protected(verifier, "", answer))
	http.HandleFunc("GET /drafts", protected(verifier, "editor", answer))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+env("PORT", "8082"), nil))
}
