// What the process takes from itself, so that an attacker who takes it over gets little: files by Landlock, system
// calls by seccomp. Both hold until the process ends and for every thread. docs/threat-model.md says what is left.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

struct config;
class logger;

// The only places of the file system that stay in reach. Paths that are not there are left out.
struct file_rules {
    std::vector<std::string> read;    // files, or directories with all that is below
    std::vector<std::string> write;   // directories: below them everything but execution, devices and links
    std::vector<std::string> sockets; // directories in which socket files are made and removed
};

// Which of the program's processes closes itself in (docs/decisions/0041-one-narrow-way-out.md).
enum class process_role : std::uint8_t {
    server,            // files, threads, and the sockets that are open
    egress_supervisor, // all that a worker needs, and making one
    egress_worker,     // connections to elsewhere; files are read only, nothing listens
};

struct call_rules {
    process_role role = process_role::server;
    bool unix_sockets = false; // one may be opened: the service manager is told of the stop
};

// What a step came to, for the log.
struct sandbox_step {
    bool applied = false;
    int version = 0; // of Landlock's ABI
    std::string why; // where it was not applied
};

// Sanitizers and coverage need what the sandbox takes.
bool sandbox_fits_this_build();

// The rules that serving needs. They look at the environment and the working directory.
file_rules file_rules_of(const config& settings);
call_rules call_rules_of_server();

// No new privileges; then Landlock as this kernel has it. To be called before the first thread is started: threads that
// exist already would stay outside.
sandbox_step restrict_files(const file_rules& rules);

// seccomp, for all threads that exist and will: what is not named in sandbox_calls.cpp fails with EPERM; execve, ptrace
// and reading another's memory, which no part of the program ever does, kill the process. New file descriptors to
// listen on, processes and executable memory are not to be had any more.
sandbox_step restrict_calls(const call_rules& rules);

// Both, in the order of a start.
class sandbox {
public:
    // With the data directory made, before the first thread: files.
    explicit sandbox(const config& settings);
    // With all opened and bound, before the first request: calls. Says what holds.
    void close(logger& log) const;

private:
    bool wanted_, fits_;
    call_rules calls_;
    sandbox_step files_;
};

} // namespace pawl::app
