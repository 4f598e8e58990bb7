// Backups: a copy of what recovery needs of a data directory, taken while the server runs or not, read back whole
// before it gets its name. `backup.json` beside the files says what it is.
#pragma once

#include "storage/backup/frozen_store.hpp"
#include "storage/backup/new_directory.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

inline constexpr char backup_facts_name[] = "backup.json";
inline constexpr char backup_key_name[] = "keys.json";
inline constexpr std::size_t backup_facts_size_max = 16U << 20U; // about 100,000 files

struct backup_file {
    std::string name;
    std::uint64_t size = 0;
    std::string sha256; // hex
};
struct backup_facts {
    std::string program_version;
    std::string uuid;      // of the store, hex
    std::uint64_t lsn = 0; // of the last record
    timestamp_ms time{};   // of the last frame, snapshot or manifest: the moment that a restore goes back to
    timestamp_ms made_at{};
    std::uint64_t users = 0, families = 0;
    std::vector<backup_file> files;
    bool with_keys = false;

    std::uint64_t bytes() const noexcept;
};
std::string to_json(const backup_facts& facts);
// Strict: false for anything that to_json does not write, names with a slash among it.
bool parse_backup_facts(std::string_view text, backup_facts& out);

struct backup_request {
    std::string source, destination;
    const secret_bytes* log_key = nullptr;
    std::string key_file; // copied too; empty: not
    std::string program_version;
    timestamp_ms now{};
    std::function<void(std::uint64_t done, std::uint64_t total)> progress; // bytes; may be empty
};
struct backup_result {
    backup_facts facts;
    std::vector<std::string> notes; // of reading the source
};
// Throws refused: as read_store, and storage_failed where the copy can't be written or reads back otherwise.
backup_result make_backup(const backup_request& request);

// Every file's size and sum, then a recovery of the copy in memory. Throws refused(corrupt) naming the file, and as
// read_store. What is not listed in backup.json is refused too.
struct verified_backup {
    backup_facts facts;
    frozen_store store;
};
verified_backup verify_backup(const std::string& path, const secret_bytes& log_key);
// The facts alone, unchecked but for their form; refused(usage) where `path` is no backup.
backup_facts read_backup_facts(const std::string& path);

} // namespace pawl::storage
