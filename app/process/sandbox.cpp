#include "app/process/sandbox.hpp"

#include "app/config/config.hpp"
#include "app/process/logging.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace pawl::app {

namespace {

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) {
        return ".";
    }
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string real(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> found(::realpath(path.c_str(), nullptr), std::free);
    return found ? std::string(found.get()) : path;
}

// A file that is read again on SIGHUP, and that an editor may have replaced by another of its name: so its directory.
// But not where that would be everything.
void add_read_again(file_rules& rules, const std::string& path) {
    const std::string directory = real(directory_of(path));
    rules.read.push_back(directory == "/" ? path : directory);
    rules.read.push_back(directory_of(real(path)) == "/" ? path : directory_of(real(path)));
}

// Where the log looks for the block size of its disk.
void add_block_size(file_rules& rules, const std::string& data_dir) {
    struct stat status{};
    if (::stat(data_dir.c_str(), &status) != 0) {
        return;
    }
    const std::string device =
        "/sys/dev/block/" + std::to_string(major(status.st_dev)) + ":" + std::to_string(minor(status.st_dev));
    for (const char* const where : {"/queue/physical_block_size", "/../queue/physical_block_size"}) {
        rules.read.push_back(device + where);
    }
}

} // namespace

bool sandbox_fits_this_build() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(PAWL_COVERAGE)
    return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
    return false;
#else
    return true;
#endif
#else
    return true;
#endif
}

file_rules file_rules_of(const config& settings) {
    file_rules rules;
    rules.write.push_back(settings.data_dir);
    add_block_size(rules, settings.data_dir);
    if (!settings.key_file.empty()) {
        const std::string key_directory = directory_of(settings.key_file);
        (settings.key_file_is_credential ? rules.read : rules.write).push_back(key_directory);
        if (const std::string behind_links = directory_of(real(settings.key_file)); behind_links != key_directory) {
            (settings.key_file_is_credential ? rules.read : rules.write).push_back(behind_links);
        }
    }
    if (!settings.ready_file.empty()) {
        rules.write.push_back(directory_of(settings.ready_file));
    }
    for (const effective_value& value : settings.values) {
        if (value.id == option_id::config && !value.texts.empty()) {
            add_read_again(rules, value.texts.front());
        }
    }
    add_read_again(rules, ".env");
    if (settings.tls) {
        for (const std::string* path : {&settings.tls->certificate, &settings.tls->key, &settings.tls->client_ca}) {
            if (!path->empty()) {
                add_read_again(rules, *path);
            }
        }
    }
    if (!settings.admin_socket.empty()) {
        rules.sockets.push_back(directory_of(settings.admin_socket));
    }
    rules.read.emplace_back("/dev/null"); // what is given up to turn a client away when descriptors run out
    for (const char* const of_libraries : {"/sys/devices/system/cpu", "/proc/stat", "/etc/localtime"}) {
        rules.read.emplace_back(of_libraries);
    }
    for (const listen_address& address : settings.listen) {
        if (address.is_unix()) {
            rules.sockets.push_back(directory_of(address.text().substr(std::strlen("unix:"))));
        }
    }
    if (!settings.admin_socket.empty()) {
        rules.sockets.push_back(directory_of(settings.admin_socket));
    }
    return rules;
}

call_rules call_rules_of_server() {
    call_rules rules;
    rules.unix_sockets = std::getenv("NOTIFY_SOCKET") != nullptr;
    return rules;
}

sandbox::sandbox(const config& settings) : wanted_(settings.sandbox), fits_(sandbox_fits_this_build()) {
    if (wanted_ && fits_) {
        calls_ = call_rules_of_server();
        files_ = restrict_files(file_rules_of(settings));
    }
}

void sandbox::close(logger& log) const {
    if (!wanted_) {
        log.warn("sandbox.off", {{"why", "--sandbox off"}});
        return;
    }
    if (!fits_) {
        log.debug("sandbox.off", {{"why", "a build with sanitizers or coverage"}});
        return;
    }
    const sandbox_step calls = restrict_calls(calls_);
    if (files_.applied && calls.applied) {
        log.info("sandbox.closed", {{"landlock", files_.version}, {"seccomp", true}});
    }
    if (!files_.applied) {
        log.warn("sandbox.files_open", {{"why", files_.why}, {"landlock", files_.version}});
    }
    if (!calls.applied) {
        log.warn("sandbox.calls_open", {{"why", calls.why}});
    }
}

} // namespace pawl::app
