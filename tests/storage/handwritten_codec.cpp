#include "handwritten_codec.hpp"

#include "storage/record/bytes.hpp"

#include <boost/assert.hpp>

#include <cstring>
#include <limits>
#include <type_traits>

namespace pawl::storage::handwritten {

namespace {

constexpr std::uint16_t record_version = 1, operator_event_version = 2;

constexpr std::size_t use_size_max = 4 + 8 + 16 + 1 + family_use::agent_size_max;
static_assert(16 + 8 + 4 + 4 + 8 + 4 + 4 + 8 + 4 + use_size_max + 2 + 2 <= record_buffer::capacity);
static_assert(1 + 8 + 16 + 4 + 4 + 2 * use_size_max + 8 + 1 + security_event::about_size_max <=
              record_buffer::capacity);
static_assert(record_buffer::capacity <= record_body_size_max);

constexpr std::int64_t time_max = std::int64_t{1} << 40U; // 34,865 years

enum user_flag : std::uint8_t { email_verified = 1, is_superuser = 2, deleted = 4, enabled = 8, all_flags = 15 };

// Sinks: `put(bytes)`.
class fixed_sink {
public:
    explicit fixed_sink(std::span<std::uint8_t> out) : out_(out) {}
    void put(const void* data, std::size_t size) noexcept {
        BOOST_ASSERT(size <= out_.size() - used_);
        if (size != 0) {
            std::memcpy(out_.data() + used_, data, size);
        }
        used_ += size;
    }
    std::span<const std::uint8_t> done() const noexcept { return out_.first(used_); }

private:
    std::span<std::uint8_t> out_;
    std::size_t used_ = 0;
};

class growing_sink {
public:
    explicit growing_sink(std::vector<std::uint8_t>& out) : out_(out) {}
    void put(const void* data, std::size_t size) {
        const auto* const from = static_cast<const std::uint8_t*>(data);
        out_.insert(out_.end(), from, from + size);
    }

private:
    std::vector<std::uint8_t>& out_;
};

template <class Sink, class T>
void put_int(Sink& to, T value) {
    static_assert(std::is_integral_v<T>);
    std::array<std::uint8_t, sizeof(T)> bytes{};
    auto v = static_cast<std::uint64_t>(value);
    for (std::uint8_t& b : bytes) {
        b = static_cast<std::uint8_t>(v);
        v >>= 8U;
    }
    to.put(bytes.data(), bytes.size());
}
template <class Sink>
void put_time(Sink& to, timestamp t) {
    put_int(to, static_cast<std::int64_t>(t.time_since_epoch().count()));
}
template <class Sink>
void put_ttl(Sink& to, seconds s) {
    put_int(to, static_cast<std::uint32_t>(s.count()));
}
template <class Sink>
void put_id(Sink& to, const family_id& id) {
    to.put(id.bytes.data(), id.bytes.size());
}
template <class Sink>
void put_use(Sink& to, const use_view& use) {
    put_int(to, use.generation);
    put_time(to, use.at);
    to.put(use.address.bytes.data(), use.address.bytes.size());
    const std::string_view agent = use.agent.substr(0, family_use::agent_size_max);
    put_int(to, static_cast<std::uint8_t>(agent.size()));
    to.put(agent.data(), agent.size());
}
template <class Sink>
void put_text(Sink& to, std::string_view text) {
    put_int(to, static_cast<std::uint16_t>(text.size()));
    to.put(text.data(), text.size());
}

// Reads from the front; the first thing missing makes all of it bad.
class source {
public:
    explicit source(std::span<const std::uint8_t> bytes) : left_(bytes) {}
    bool ended_well() const { return good_ && left_.empty(); }

    template <class T>
    T integer() {
        const std::span<const std::uint8_t> bytes = take(sizeof(T));
        std::uint64_t v = 0;
        for (std::size_t i = bytes.size(); i-- > 0;) {
            v = (v << 8U) | bytes[i];
        }
        return static_cast<T>(v);
    }
    timestamp time() {
        const auto s = integer<std::int64_t>();
        if (s < -time_max || s > time_max) {
            good_ = false; // arithmetic on it would overflow; no writer writes it
            return {};
        }
        return timestamp(seconds(s));
    }
    seconds ttl() { return seconds(integer<std::uint32_t>()); }
    std::array<std::uint8_t, 16> bytes16() {
        std::array<std::uint8_t, 16> out{};
        const std::span<const std::uint8_t> bytes = take(out.size());
        if (!bytes.empty()) {
            std::memcpy(out.data(), bytes.data(), out.size());
        }
        return out;
    }
    std::string_view text(std::size_t size) {
        const std::span<const std::uint8_t> bytes = take(size);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    std::string_view text16() { return text(integer<std::uint16_t>()); }
    use_view use() {
        use_view u;
        u.generation = integer<std::uint32_t>();
        good_ = good_ && u.generation <= family_word::generation_max;
        u.at = time();
        u.address.bytes = bytes16();
        u.agent = text(integer<std::uint8_t>());
        return u;
    }

private:
    std::span<const std::uint8_t> take(std::size_t size) {
        if (!good_ || size > left_.size()) {
            good_ = false;
            return {};
        }
        const std::span<const std::uint8_t> taken = left_.first(size);
        left_ = left_.subspan(size);
        return taken;
    }
    std::span<const std::uint8_t> left_;
    bool good_ = true;
};

enum serving_kind : std::uint8_t { began = 1, clock_was_set = 2 };
constexpr std::size_t first_at = 1, second_at = 9;
constexpr std::int64_t time_max_ms = (std::int64_t{1} << 40U) * 1000; // as that of the other records

std::uint64_t bits_of(timestamp_ms t) {
    return static_cast<std::uint64_t>(std::int64_t{t.time_since_epoch().count()});
}

std::optional<timestamp_ms> time_of(std::uint64_t bits) {
    const auto ms = static_cast<std::int64_t>(bits);
    if (ms < -time_max_ms || ms > time_max_ms) {
        return std::nullopt; // arithmetic on it would overflow; no program wrote it
    }
    return timestamp_ms(milliseconds(ms));
}

bool word_is_sound(family_word word) {
    return word.status() <= family_status::ahead;
}

decoding version_of(const record_view& record, std::uint16_t newest = record_version) {
    if (record.version > newest) {
        return decoding::newer;
    }
    return record.version >= record_version ? decoding::ok : decoding::malformed;
}

} // namespace

std::span<const std::uint8_t> record_buffer::encode(const family_word_record& r) noexcept {
    fixed_sink to(bytes_);
    put_id(to, r.id);
    put_int(to, r.word.bits());
    put_int(to, r.ended_after);
    put_use(to, r.use);
    return to.done();
}

std::span<const std::uint8_t> record_buffer::encode(const family_created_record& r) noexcept {
    fixed_sink to(bytes_);
    put_id(to, r.facts.id);
    put_int(to, r.facts.user.value);
    put_int(to, r.facts.client.value);
    put_int(to, r.facts.epoch);
    put_time(to, r.facts.created_at);
    put_ttl(to, r.facts.idle_ttl);
    put_ttl(to, r.facts.absolute_ttl);
    put_int(to, r.word.bits());
    put_int(to, r.ended_after);
    put_use(to, r.use);
    put_text(to, {}); // scope
    put_text(to, {}); // binding
    return to.done();
}

std::span<const std::uint8_t> record_buffer::encode(const security_event& e) noexcept {
    fixed_sink to(bytes_);
    put_int(to, static_cast<std::uint8_t>(e.kind));
    put_int(to, e.user.value);
    put_id(to, e.family);
    put_int(to, e.generation_presented);
    put_int(to, e.generation_current);
    put_use(to, view_of(0, e.presented)); // the generations are the event's own
    put_use(to, view_of(0, e.last));
    if (has_words(e.kind)) {
        put_int(to, e.by.value);
        const std::string_view about = std::string_view(e.about).substr(0, security_event::about_size_max);
        put_int(to, static_cast<std::uint8_t>(about.size()));
        to.put(about.data(), about.size());
    }
    return to.done();
}

std::vector<std::uint8_t> encode_user(const user& u) {
    std::vector<std::uint8_t> out;
    out.reserve(256 + u.email.size() + u.username.size() + u.password_hash.size());
    growing_sink to(out);
    put_int(to, u.id.value);
    put_int(to, u.version);
    put_time(to, u.created_at);
    const int flags = (u.email_verified ? email_verified : 0) | (u.is_superuser ? is_superuser : 0) |
                      (u.deleted ? deleted : 0) | (u.gate.enabled ? enabled : 0);
    put_int(to, static_cast<std::uint8_t>(flags));
    put_int(to, u.gate.epoch);
    put_id(to, u.gate.survivor);
    put_int(to, static_cast<std::uint8_t>(u.gate.reason));
    put_time(to, u.gate.changed_at);
    constexpr std::size_t text_max = std::numeric_limits<std::uint16_t>::max();
    for (const std::string* text : {&u.email, &u.username, &u.first_name, &u.surname, &u.password_hash}) {
        if (text->size() > text_max) {
            return {};
        }
        put_text(to, *text);
    }
    if (u.roles.size() > text_max) {
        return {};
    }
    put_int(to, static_cast<std::uint16_t>(u.roles.size()));
    for (const std::string& role : u.roles) {
        if (role.size() > text_max || out.size() > record_body_size_max) {
            return {};
        }
        put_text(to, role);
    }
    if (out.size() > record_body_size_max) {
        return {};
    }
    return out;
}

decoding decode(const record_view& record, family_word_record& out) {
    if (const decoding v = version_of(record); v != decoding::ok) {
        return v;
    }
    source from(record.body);
    out.id.bytes = from.bytes16();
    out.word = family_word(from.integer<std::uint64_t>());
    out.ended_after = from.integer<std::uint32_t>();
    out.use = from.use();
    return from.ended_well() && out.id != family_id{} && word_is_sound(out.word) ? decoding::ok : decoding::malformed;
}

decoding decode(const record_view& record, family_created_record& out) {
    if (const decoding v = version_of(record); v != decoding::ok) {
        return v;
    }
    source from(record.body);
    out.facts.id.bytes = from.bytes16();
    out.facts.user.value = from.integer<std::uint64_t>();
    out.facts.client.value = from.integer<std::uint32_t>();
    out.facts.epoch = from.integer<std::uint32_t>();
    out.facts.created_at = from.time();
    out.facts.idle_ttl = from.ttl();
    out.facts.absolute_ttl = from.ttl();
    out.word = family_word(from.integer<std::uint64_t>());
    out.ended_after = from.integer<std::uint32_t>();
    out.use = from.use();
    const std::string_view scope = from.text16();
    const std::string_view binding = from.text16();
    if (!from.ended_well() || out.facts.id == family_id{} || out.facts.user.value == 0 || !word_is_sound(out.word)) {
        return decoding::malformed;
    }
    return scope.empty() && binding.empty() ? decoding::ok : decoding::newer;
}

decoding decode(const record_view& record, user& out) {
    if (const decoding v = version_of(record); v != decoding::ok) {
        return v;
    }
    source from(record.body);
    out.id.value = from.integer<std::uint64_t>();
    out.version = from.integer<std::uint64_t>();
    out.created_at = from.time();
    const auto flags = from.integer<std::uint8_t>();
    out.email_verified = (flags & email_verified) != 0;
    out.is_superuser = (flags & is_superuser) != 0;
    out.deleted = (flags & deleted) != 0;
    out.gate.enabled = (flags & enabled) != 0;
    out.gate.epoch = from.integer<std::uint32_t>();
    out.gate.survivor.bytes = from.bytes16();
    const auto reason = from.integer<std::uint8_t>();
    out.gate.reason = static_cast<gate_reason>(reason);
    out.gate.changed_at = from.time();
    for (std::string* text : {&out.email, &out.username, &out.first_name, &out.surname, &out.password_hash}) {
        *text = from.text16();
    }
    const auto roles = from.integer<std::uint16_t>();
    out.roles.clear();
    for (std::size_t i = 0; i < roles && !record.body.empty(); ++i) {
        const std::string_view role = from.text16();
        if (out.roles.size() * 2 > record.body.size()) {
            return decoding::malformed; // each role takes two bytes at least: the count lies
        }
        out.roles.emplace_back(role);
    }
    const bool sound = from.ended_well() && out.id.value != 0 && out.version != 0 && (flags & ~all_flags) == 0 &&
                       reason <= static_cast<std::uint8_t>(gate_reason::restored);
    return sound ? decoding::ok : decoding::malformed;
}

decoding decode(const record_view& record, security_event& out) {
    if (const decoding v = version_of(record, operator_event_version); v != decoding::ok) {
        return v;
    }
    source from(record.body);
    const auto kind = from.integer<std::uint8_t>();
    out.kind = static_cast<event_kind>(kind);
    out.user.value = from.integer<std::uint64_t>();
    out.family.bytes = from.bytes16();
    out.generation_presented = from.integer<std::uint32_t>();
    out.generation_current = from.integer<std::uint32_t>();
    bool as_written = true;
    for (family_use* use : {&out.presented, &out.last}) {
        const use_view v = from.use();
        as_written = as_written && v.generation == 0; // the generations are the event's own
        *use = {v.at, v.address, std::string(v.agent)};
    }
    out.by = {};
    out.about.clear();
    if (record.version == operator_event_version) {
        out.by.value = from.integer<std::uint64_t>();
        out.about = from.text(from.integer<std::uint8_t>());
    }
    as_written = as_written && out.about.size() <= security_event::about_size_max;
    const bool known = kind >= 1 && kind <= static_cast<std::uint8_t>(last_event_kind);
    return from.ended_well() && known && as_written && record.version == version_of(out) ? decoding::ok
                                                                                         : decoding::malformed;
}

serving_bytes encode_serving(const serving_record& r) noexcept {
    serving_bytes out{};
    const auto put = [&out](serving_kind what, timestamp_ms first, timestamp_ms second) {
        out[0] = what;
        store_le<std::uint64_t>(out.data() + first_at, bits_of(first));
        store_le<std::uint64_t>(out.data() + second_at, bits_of(second));
    };
    if (const auto* const o = std::get_if<outage>(&r)) {
        put(began, o->stopped_at, o->ready_at);
    } else if (const auto* const set = std::get_if<clock_set>(&r)) {
        put(clock_was_set, set->to, set->from);
    }
    return out;
}

serving_fault decode_serving(const record_view& record, serving_record& out) noexcept {
    if (record.version > serving_version) {
        return serving_fault::newer;
    }
    if (record.version != serving_version || record.body.size() != serving_bytes{}.size()) {
        return serving_fault::malformed;
    }
    const std::optional<timestamp_ms> first = time_of(load_le<std::uint64_t>(record.body.data() + first_at));
    const std::optional<timestamp_ms> second = time_of(load_le<std::uint64_t>(record.body.data() + second_at));
    if (!first || !second) {
        return serving_fault::malformed;
    }
    if (record.body[0] == began && *first <= *second) {
        out = outage{*first, *second};
        return serving_fault::none;
    }
    if (record.body[0] == clock_was_set && *first < *second) {
        out = clock_set{*first, *second};
        return serving_fault::none;
    }
    return serving_fault::malformed;
}

} // namespace pawl::storage::handwritten
