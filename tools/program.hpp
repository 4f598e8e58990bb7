// What every command of pawlctl shares: the options that any of them takes, how it prints, how it ends.
//
// A command is one file in tools/command/ with one function, declared in commands.hpp, that adds itself to the parser
// and, where it is the one chosen, sets program::action. Parsing touches no file; the action does the work.
//
// Exit codes are the server's (storage::exit_code), and those below. Errors are one line on stderr; under --json it is
// {"error":"...","exit_code":N}. Results go to stdout, all else (progress, notes) to stderr.
#pragma once

#include "storage/exit_code.hpp"
#include "tools/output.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace CLI { // NOLINT(readability-identifier-naming): CLI11's
class App;      // NOLINT(readability-identifier-naming)
}

namespace pawl::tools {

inline constexpr int exit_refused = 1;       // what was asked for is refused, or a check found something
inline constexpr int exit_reader_gone = 141; // stdout was a pipe and its reader went away; as shells say of SIGPIPE
inline constexpr int exit_unreachable = 76;  // no server answers, or not as one would (EX_PROTOCOL)

// Ends a command: main prints the line and exits with the code. storage::refused does the same with its own.
class tool_error : public std::runtime_error {
public:
    // `document`: JSON that --json prints instead of {"error":...}; empty: none.
    tool_error(int exit_code, const std::string& line, std::string document = {})
        : std::runtime_error(line), exit_code_(exit_code), document_(std::move(document)) {}
    int status() const noexcept { return exit_code_; }
    const std::string& document() const noexcept { return document_; }

private:
    int exit_code_;
    std::string document_;
};

// Options of pawlctl itself; they may stand before or after the command. Empty: not given.
struct global_options {
    std::string data_dir, key_file, config_file; // as pawld takes them, from the same sources (tools/settings.hpp)
    std::string url;                             // a running server; empty: the one that holds the data directory
    std::string token_file;                      // with --url: an admin's access token; else $PAWLCTL_TOKEN
    std::string ca_file;                         // with https: certificates to trust instead of the system's
    bool json = false;
    bool quiet = false; // no progress, no notes
    std::string colour = "auto";
};

struct program {
    global_options global;
    output out;
    std::function<int()> action; // gives the exit code; may throw tool_error and storage::refused
};

// Fills the parser with the global options and every command. Also what man pages and completion are made from.
void define(CLI::App& parser, program& p);

// The line on stderr of a command that failed, as said above.
void print_error(bool json, int exit_code, std::string_view line);

// main without main. Never throws.
int run(int argument_count, char** arguments);

} // namespace pawl::tools
