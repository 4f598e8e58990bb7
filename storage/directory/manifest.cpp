#include "storage/directory/manifest.hpp"

#include "storage/log/crc32c.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>

namespace pawl::storage {
namespace {

namespace json = boost::json;

constexpr std::string_view tag_prefix = "hmac-sha256 ", crc_prefix = " crc32c ";
constexpr std::size_t tag_digits = 64, crc_digits = 8;
// "hmac-sha256 <64> crc32c <8>\n"
constexpr std::size_t last_line_size = tag_prefix.size() + tag_digits + crc_prefix.size() + crc_digits + 1;

bytes_view as_bytes(std::string_view s) {
    return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

std::string to_hex(bytes_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t b : bytes) {
        out += digits[b >> 4U];
        out += digits[b & 0xfU];
    }
    return out;
}

bool from_hex(std::string_view text, std::span<std::uint8_t> out) {
    if (text.size() != out.size() * 2) {
        return false;
    }
    const auto digit = [](char c) -> unsigned {
        if (c >= '0' && c <= '9') {
            return static_cast<unsigned>(c - '0');
        }
        return c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a') + 10U : 16U;
    };
    for (std::size_t i = 0; i < out.size(); ++i) {
        const unsigned high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high > 15 || low > 15) {
            return false;
        }
        out[i] = static_cast<std::uint8_t>(high << 4U | low);
    }
    return true;
}

std::string crc_hex(std::string_view text) {
    char hex[crc_digits + 1];
    std::snprintf(hex, sizeof hex, "%08x", crc32c(as_bytes(text)));
    return hex;
}

json::object start_to_json(const log_start& s) {
    json::object o;
    o["segno"] = s.segno;
    o["batch_seq"] = s.batch_seq;
    o["lsn"] = s.lsn;
    o["chain"] = to_hex(s.chain);
    return o;
}

// Readers of members: any that is absent or of another kind makes the whole manifest bad.
struct member_reader {
    std::string fault; // name of the first such

    bool ok() const noexcept { return fault.empty(); }
    void expect(bool holds, std::string_view name) {
        if (!holds && fault.empty()) {
            fault = name;
        }
    }

    std::uint64_t number(const json::object& o, std::string_view name) {
        const json::value* const v = o.if_contains(name);
        boost::system::error_code ec;
        std::uint64_t n = 0;
        const bool whole = v != nullptr && v->is_number() && !v->is_double();
        if (whole) {
            n = v->to_number<std::uint64_t>(ec);
        }
        expect(whole && !ec, name);
        return n;
    }
    void hex(const json::object& o, std::string_view name, std::span<std::uint8_t> out) {
        const json::value* const v = o.if_contains(name);
        const json::string* const s = v == nullptr ? nullptr : v->if_string();
        expect(s != nullptr && from_hex({s->data(), s->size()}, out), name);
    }
    log_start start(const json::object& o) {
        log_start s;
        s.segno = number(o, "segno");
        s.batch_seq = number(o, "batch_seq");
        s.lsn = number(o, "lsn");
        hex(o, "chain", s.chain);
        return s;
    }
    const json::object& object(const json::object& o, std::string_view name) {
        static const json::object none;
        const json::value* const v = o.if_contains(name);
        const json::object* const inner = v == nullptr ? nullptr : v->if_object();
        expect(inner != nullptr, name);
        return inner == nullptr ? none : *inner;
    }
};

// The name of the first member that is absent or of another kind; empty where all are there.
std::string parse_body(const json::object& o, manifest& m) {
    member_reader read;
    m.seq = read.number(o, "seq");
    m.oldest = read.start(read.object(o, "oldest"));
    m.floor_batch_seq = read.number(o, "floor_batch_seq");
    m.restore_epoch = read.number(o, "restore_epoch");
    m.next_user_id = read.number(o, "next_user_id");
    m.time = timestamp_ms{milliseconds{static_cast<std::int64_t>(read.number(o, "time_ms"))}};
    const json::value* const list = o.if_contains("snapshots");
    const json::array* const snapshots = list == nullptr ? nullptr : list->if_array();
    if (snapshots == nullptr || snapshots->size() > manifest_snapshots_max) {
        return "snapshots";
    }
    for (const json::value& v : *snapshots) {
        const json::object* const inner = v.if_object();
        if (inner == nullptr) {
            return "snapshots";
        }
        manifest_snapshot s;
        s.start = read.start(*inner);
        s.lsn = s.start.lsn;
        s.size = read.number(*inner, "size");
        read.hex(*inner, "tag", s.tag);
        const json::value* const name = inner->if_contains("name");
        const json::string* const text = name == nullptr ? nullptr : name->if_string();
        if (text == nullptr || std::string_view{text->data(), text->size()} != snapshot_name(s.lsn)) {
            return "name";
        }
        m.snapshots.push_back(s);
    }
    return read.fault;
}

} // namespace

std::string mark_text(std::uint64_t mark) {
    char hex[17];
    std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(mark));
    return hex;
}

std::string encode_manifest(const manifest& m, const log_keys& keys) {
    json::object o;
    o["pawl"] = "manifest";
    o["major"] = m.major;
    o["minor"] = m.minor;
    o["seq"] = m.seq;
    o["uuid"] = to_hex(m.uuid);
    o["key_check"] = to_hex(m.key_check);
    json::array snapshots;
    for (const manifest_snapshot& s : m.snapshots) {
        json::object inner = start_to_json(s.start);
        inner["name"] = snapshot_name(s.lsn);
        inner["size"] = s.size;
        inner["tag"] = to_hex(s.tag);
        snapshots.emplace_back(std::move(inner));
    }
    o["snapshots"] = std::move(snapshots);
    o["oldest"] = start_to_json(m.oldest);
    o["floor_batch_seq"] = m.floor_batch_seq;
    o["restore_epoch"] = m.restore_epoch;
    o["next_user_id"] = m.next_user_id;
    o["time_ms"] = std::max<std::int64_t>(0, m.time.time_since_epoch().count());
    std::string text = json::serialize(o) + "\n";
    const hmac_sha256::digest tag = hmac_sha256{keys.manifest()}.compute({as_bytes(text)});
    text += tag_prefix;
    text += to_hex(tag);
    const std::string crc = crc_hex(text);
    text += crc_prefix;
    text += crc;
    text += '\n';
    return text;
}

decoded_manifest decode_manifest(std::string_view text, const log_keys* keys) {
    decoded_manifest out;
    out.fault = manifest_fault::bad;
    if (text.size() <= last_line_size || text.size() > manifest_size_max) {
        return out;
    }
    const std::string_view line = text.substr(0, text.size() - last_line_size);
    const std::string_view last = text.substr(line.size());
    const std::size_t crc_at = tag_prefix.size() + tag_digits;
    const std::string_view under_crc = text.substr(0, line.size() + crc_at);
    if (line.back() != '\n' || line.find('\n') != line.size() - 1 || !last.starts_with(tag_prefix) ||
        last.substr(crc_at) != std::string(crc_prefix) + crc_hex(under_crc) + "\n") {
        return out;
    }
    boost::system::error_code ec;
    const json::value parsed = json::parse(json::string_view{line.data(), line.size() - 1}, ec);
    const json::object* const o = ec ? nullptr : parsed.if_object();
    if (o == nullptr) {
        return out;
    }
    member_reader read;
    const std::uint64_t major = read.number(*o, "major"), minor = read.number(*o, "minor");
    read.hex(*o, "uuid", out.value.uuid);
    read.hex(*o, "key_check", out.value.key_check);
    if (!read.ok() || major > 0xffff || minor > 0xffff) {
        out.member = read.fault;
        return out;
    }
    if (major > format_major) {
        out.fault = manifest_fault::newer_format;
        return out;
    }
    out.value.major = static_cast<std::uint16_t>(major);
    out.value.minor = static_cast<std::uint16_t>(minor);
    if (keys != nullptr) {
        if (out.value.key_check != keys->key_check(out.value.uuid)) {
            out.fault = manifest_fault::wrong_key;
            return out;
        }
        const std::string tag = to_hex(hmac_sha256{keys->manifest()}.compute({as_bytes(line)}));
        if (!constant_time_equal(as_bytes(last.substr(tag_prefix.size(), tag_digits)), as_bytes(tag))) {
            out.fault = manifest_fault::tampered;
            return out;
        }
    }
    out.member = parse_body(*o, out.value);
    out.fault = out.member.empty() ? manifest_fault::none : manifest_fault::bad;
    return out;
}

decoded_manifest read_manifest(file_system& fs, const std::string& name, const log_keys* keys) {
    std::error_code ec;
    const std::vector<std::uint8_t> bytes = read_small_file(fs, name, manifest_size_max, ec);
    if (!ec) {
        return decode_manifest({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, keys);
    }
    decoded_manifest out;
    out.fault = ec == std::errc::no_such_file_or_directory ? manifest_fault::missing
                : ec == std::errc::file_too_large          ? manifest_fault::bad
                                                           : manifest_fault::unreadable;
    return out;
}

std::error_code write_manifests(file_system& fs, const manifest& m, const log_keys& keys) {
    const std::string text = encode_manifest(m, keys);
    for (const char* const name : {manifest_name_a, manifest_name_b}) {
        if (const std::error_code ec = replace_file(fs, name, as_bytes(text))) {
            return ec;
        }
    }
    return {};
}

} // namespace pawl::storage
