#include "tools/program.hpp"

#include "core/text/json_text.hpp"
#include "core/text/printable_text.hpp"
#include "core/version.hpp"
#include "storage/exit_code.hpp"
#include "tools/unknown_command.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace pawl::tools {

namespace {

int fail(const program& p, int exit_code, std::string_view line) {
    print_error(p.global.json, exit_code, line);
    return exit_code;
}

int parse_and_run(int argument_count, char** arguments, program& p) {
    CLI::App parser("pawlctl");
    parser.set_version_flag("--version", "pawlctl " + std::string(program_version));
    define(parser, p);
    try {
        parser.parse(argument_count, arguments);
    } catch (const CLI::Success& done) { // --help and its like
        return parser.exit(done);
    } catch (const CLI::ParseError& why) {
        const std::vector<std::string> words(arguments + std::min(argument_count, 1), arguments + argument_count);
        const std::string line = unknown_command(definitions(), words).value_or(why.what());
        return fail(p, static_cast<int>(storage::exit_code::usage), line + "; see --help");
    }
    p.out.begin(p.global.json, p.global.quiet, p.global.colour);
    if (!p.action) {
        return fail(p, static_cast<int>(storage::exit_code::usage), "a command is missing; see --help");
    }
    const int code = p.action();
    return p.out.end() ? code : fail(p, static_cast<int>(storage::exit_code::storage_failed), "stdout: write error");
}

} // namespace

void print_error(bool json, int exit_code, std::string_view line) {
    if (json) {
        std::string text = "{\"error\":";
        append_json_string(text, line);
        text += ",\"exit_code\":" + std::to_string(exit_code) + "}";
        std::fprintf(stderr, "%s\n", text.c_str());
    } else {
        std::fprintf(stderr, "pawlctl: %s\n", without_hidden(line).c_str());
    }
}

int run(int argument_count, char** arguments) {
    program p;
    std::signal(SIGPIPE, SIG_IGN); // a write to a pipe that has no reader is an error like others (stdout_closed)
    std::signal(SIGXFSZ, SIG_IGN); // and so is one to a file that may not grow
    try {
        return parse_and_run(argument_count, arguments, p);
    } catch (const stdout_closed&) {
        return exit_reader_gone; // head has its lines
    } catch (const storage::refused& why) {
        return fail(p, why.status(), why.what());
    } catch (const tool_error& why) {
        if (p.global.json && !why.document().empty()) {
            std::fprintf(stderr, "%s\n", without_hidden(why.document()).c_str());
            return why.status();
        }
        return fail(p, why.status(), why.what());
    } catch (const std::exception& why) {
        return fail(p, static_cast<int>(storage::exit_code::storage_failed),
                    std::string("a defect, or no memory: ") + why.what());
    }
}

} // namespace pawl::tools
