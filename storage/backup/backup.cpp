#include "storage/backup/backup.hpp"

#include "core/jwt/key_ring.hpp"
#include "storage/backup/place.hpp"
#include "storage/directory/directory_state.hpp"
#include "storage/exit_code.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

namespace pawl::storage {
namespace {

namespace json = boost::json;

constexpr std::int64_t facts_version = 1;

bytes_view as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::int64_t ms_of(timestamp_ms t) {
    return t.time_since_epoch().count();
}

// What recovery needs: manifests, listed snapshots, the log from the oldest needed segment to its end.
std::vector<std::string> needed_files(const frozen_store& store) {
    std::vector<std::string> names{manifest_name_a, manifest_name_b};
    for (const manifest_snapshot& s : store.head.snapshots) {
        names.push_back(snapshot_name(s.lsn));
    }
    for (std::uint64_t segno = store.head.oldest.segno; segno <= store.last_segno; ++segno) {
        names.push_back(segment_name(segno));
    }
    return names;
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && name.front() != '.' && name.size() <= 64 && name.find('/') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos && name != backup_facts_name;
}

// Members of a parsed object; anything absent or of another kind makes it all false.
struct reader {
    const json::object& o;
    bool ok = true;

    std::uint64_t number(std::string_view name) {
        const json::value* const v = o.if_contains(name);
        ok = ok && v != nullptr && (v->is_uint64() || (v->is_int64() && v->get_int64() >= 0));
        return !ok ? 0 : v->is_uint64() ? v->get_uint64() : static_cast<std::uint64_t>(v->get_int64());
    }
    timestamp_ms time(std::string_view name) {
        const std::uint64_t n = number(name);
        ok = ok && n <= static_cast<std::uint64_t>(INT64_MAX);
        return timestamp_ms{milliseconds{ok ? static_cast<std::int64_t>(n) : 0}};
    }
    std::string text(std::string_view name) {
        const json::value* const v = o.if_contains(name);
        ok = ok && v != nullptr && v->is_string();
        return ok ? std::string(v->get_string()) : std::string();
    }
    bool truth(std::string_view name) {
        const json::value* const v = o.if_contains(name);
        ok = ok && v != nullptr && v->is_bool();
        return ok && v->get_bool();
    }
};

// Through symbolic links, as the server reads it: where secrets are mounted the name is one.
std::vector<std::uint8_t> read_keys(const std::string& key_file) {
    std::error_code ec;
    const std::filesystem::path target = std::filesystem::canonical(key_file, ec);
    std::vector<std::uint8_t> text;
    if (!ec) {
        frozen_directory folder(target.parent_path().string(), frozen_directory::kind::still);
        text = read_small_file(folder, target.filename().string(), key_file_size_max, ec);
    }
    if (ec) {
        throw refused(exit_code::wrong_key, key_file + ": cannot be read: " + ec.message());
    }
    return text;
}

[[noreturn]] void refuse_file(const std::string& path, const std::string& name, const std::string& what) {
    throw refused(exit_code::corrupt, path + "/" + name + ": " + what + "; this backup is not whole: use another one");
}

} // namespace

std::uint64_t backup_facts::bytes() const noexcept {
    std::uint64_t sum = 0;
    for (const backup_file& f : files) {
        sum += f.size;
    }
    return sum;
}

std::string to_json(const backup_facts& facts) {
    json::object o;
    o["pawl_backup"] = facts_version;
    o["format"] = std::to_string(format_major) + "." + std::to_string(format_minor);
    o["version"] = facts.program_version;
    o["uuid"] = facts.uuid;
    o["lsn"] = facts.lsn;
    o["time_ms"] = ms_of(facts.time);
    o["made_at_ms"] = ms_of(facts.made_at);
    o["users"] = facts.users;
    o["families"] = facts.families;
    o["with_keys"] = facts.with_keys;
    json::array files;
    for (const backup_file& f : facts.files) {
        files.push_back(json::object{{"name", f.name}, {"size", f.size}, {"sha256", f.sha256}});
    }
    o["files"] = std::move(files);
    return json::serialize(o) + "\n";
}

bool parse_backup_facts(std::string_view text, backup_facts& out) {
    boost::system::error_code ec;
    const json::value parsed = json::parse(json::string_view{text.data(), text.size()}, ec);
    const json::object* const o = ec ? nullptr : parsed.if_object();
    if (o == nullptr) {
        return false;
    }
    reader read{*o};
    const bool known = read.number("pawl_backup") == static_cast<std::uint64_t>(facts_version);
    out.program_version = read.text("version");
    out.uuid = read.text("uuid");
    out.lsn = read.number("lsn");
    out.time = read.time("time_ms");
    out.made_at = read.time("made_at_ms");
    out.users = read.number("users");
    out.families = read.number("families");
    out.with_keys = read.truth("with_keys");
    const json::value* const list = o->if_contains("files");
    if (!known || !read.ok || list == nullptr || !list->is_array()) {
        return false;
    }
    std::set<std::string> names;
    for (const json::value& v : list->get_array()) {
        if (!v.is_object()) {
            return false;
        }
        reader one{v.get_object()};
        backup_file f{one.text("name"), one.number("size"), one.text("sha256")};
        if (!one.ok || !is_plain_name(f.name) || f.sha256.size() != 2 * sizeof(sha256_digest) ||
            !names.insert(f.name).second) {
            return false;
        }
        out.files.push_back(std::move(f));
    }
    return true;
}

backup_result make_backup(const backup_request& request) {
    refuse_within(request.destination, request.source, "a backup");
    new_directory made(request.destination, new_directory::present::refused); // refuses before anything is read
    for (int left = reads_max;; --left) {
        const frozen_store store = read_store(request.source, *request.log_key);
        backup_result out;
        out.notes = store.report.notes;
        backup_facts& facts = out.facts;
        facts.program_version = request.program_version;
        facts.uuid = to_hex(store.head.uuid);
        facts.lsn = store.last_lsn;
        facts.time = store.report.last_time;
        facts.made_at = request.now;
        facts.users = store.image.users.size();
        facts.families = store.image.families.size();
        facts.with_keys = !request.key_file.empty();
        const std::vector<std::string> names = needed_files(store);
        std::uint64_t total = 0, done = 0;
        for (const std::string& name : names) {
            std::error_code ec;
            const std::unique_ptr<file> f = store.files->open(name, open_mode::read, ec);
            total += f ? f->size(ec) : 0;
        }
        const auto step = [&](std::uint64_t n) {
            done += n;
            if (request.progress) {
                request.progress(done, total);
            }
        };
        try {
            for (const std::string& name : names) {
                const std::uint64_t size = made.copy(*store.files, name, step);
                facts.files.push_back({name, size, to_hex(made.sum_of(name))});
            }
        } catch (const refused&) {
            if (left > 1 && store.files->has_moved_on()) { // a newer snapshot took the place of what was being copied
                std::error_code ec;
                for (const std::string& name : made.files().list(ec)) {
                    made.files().remove(name);
                }
                continue;
            }
            throw;
        }
        if (facts.with_keys) {
            std::vector<std::uint8_t> text = read_keys(request.key_file);
            made.write(backup_key_name, text);
            facts.files.push_back({backup_key_name, text.size(), to_hex(made.sum_of(backup_key_name))});
            wipe(text.data(), text.size());
        }
        made.write(backup_facts_name, as_bytes(to_json(facts)));
        const verified_backup again = verify_backup(made.path(), *request.log_key);
        if (again.store.last_lsn != facts.lsn || again.store.image.users.size() != facts.users ||
            again.store.image.families.size() != facts.families) {
            throw refused(exit_code::storage_failed, made.path() + ": the copy does not read back as what was copied");
        }
        made.commit();
        return out;
    }
}

backup_facts read_backup_facts(const std::string& path) {
    frozen_directory files(path, frozen_directory::kind::still);
    std::error_code ec;
    const std::vector<std::uint8_t> text = read_small_file(files, backup_facts_name, backup_facts_size_max, ec);
    if (ec) {
        throw refused(exit_code::usage, path + " is no backup: " + backup_facts_name + ": " + ec.message());
    }
    backup_facts facts;
    if (!parse_backup_facts({reinterpret_cast<const char*>(text.data()), text.size()}, facts)) {
        refuse_file(path, backup_facts_name, "is damaged, or of a newer version");
    }
    return facts;
}

verified_backup verify_backup(const std::string& path, const secret_bytes& log_key) {
    verified_backup out;
    out.facts = read_backup_facts(path);
    frozen_directory files(path, frozen_directory::kind::still);
    std::set<std::string> listed{".", "..", backup_facts_name};
    for (const backup_file& f : out.facts.files) {
        listed.insert(f.name);
        std::error_code ec;
        if (!files.open(f.name, open_mode::read, ec)) {
            refuse_file(path, f.name, ec.message());
        }
        std::uint64_t size = 0;
        const std::string sum = to_hex(sha256_of(files, f.name, size));
        if (size != f.size) {
            refuse_file(path, f.name, "has " + std::to_string(size) + " bytes, not " + std::to_string(f.size));
        }
        if (sum != f.sha256) {
            refuse_file(path, f.name, "its bytes have changed since the backup was made");
        }
    }
    const kept_entries of_place{.is_mount_root = is_mount_point(path)};
    std::error_code ec;
    for (const std::string& name : files.list(ec)) {
        if (!listed.contains(name) && !stays_in_swap(name, of_place)) {
            refuse_file(path, name, "does not belong to this backup");
        }
    }
    out.store = read_store(path, log_key);
    if (to_hex(out.store.head.uuid) != out.facts.uuid || out.store.last_lsn != out.facts.lsn) {
        refuse_file(path, backup_facts_name, "is of another backup");
    }
    return out;
}

} // namespace pawl::storage
