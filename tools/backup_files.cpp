#include "tools/backup_files.hpp"

#include "app/instance/startup.hpp"
#include "storage/directory/key_file.hpp"
#include "storage/directory/manifest.hpp"
#include "tools/owner.hpp"

#include <filesystem>
#include <fstream>

namespace pawl::tools {

namespace {

bool is_there(const std::string& path) {
    std::error_code ec;
    return std::filesystem::exists(path, ec);
}

} // namespace

std::string plain_path(const std::string& path) {
    std::error_code ec;
    const std::filesystem::path plain = std::filesystem::weakly_canonical(path, ec);
    return ec ? path : plain.string();
}

void find_store(const global_options& global, const std::string& other_keys, backup_source& out) {
    out.settings = load_settings(global);
    out.key_file = out.settings.key_file;
    const std::filesystem::path folder = std::filesystem::path(plain_path(out.key_file)).parent_path();
    out.key_file_in_data = folder == plain_path(out.settings.data_dir);
    if (!is_there(out.key_file) && !other_keys.empty() && is_there(other_keys)) {
        out.key_file = other_keys;
    }
    storage::key_file_options options = app::key_file_options_of(out.settings);
    options.path = out.key_file;
    options.is_credential = options.is_credential && out.key_file == out.settings.key_file;
    const owner_of root_as(out.key_file == other_keys ? std::filesystem::path(out.key_file).parent_path().string()
                                                      : out.settings.data_dir);
    out.keys = storage::read_key_file(options);
}

secret_bytes backup_source::key_text() const {
    if (!key_file_in_data) {
        return {};
    }
    std::ifstream file(key_file, std::ios::binary);
    secret_bytes text;
    for (char c = 0; file.get(c);) {
        text.push_back(static_cast<std::uint8_t>(c));
    }
    return text;
}

std::string new_ids_text(std::uint64_t mark, std::uint64_t next_user_id) {
    return "the next user gets the id " + std::to_string(next_user_id) + "; ids of events begin with " +
           storage::mark_text(mark) + "-, and a reader that goes on after an older one is told 410";
}

std::function<void(std::uint64_t, std::uint64_t)> byte_progress(output& out, const char* what) {
    return [&out, what](std::uint64_t done, std::uint64_t total) { out.progress(what, done, total); };
}

} // namespace pawl::tools
