// Bodies of records, written and read by their declarations. Writing a small record takes no memory and does not throw:
// it goes into a buffer that holds the largest, which is asserted where it is compiled.
#pragma once

#include "storage/record/declaration.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace pawl::storage {

enum class decoding : std::uint8_t {
    ok,
    malformed, // wrong length, a value that no program ever wrote
    newer,     // of a later version of this program
};

// The version that `r` is written in: the lowest that can say it.
template <declared Record>
constexpr std::uint16_t version_of(const Record& r) {
    if constexpr (requires { declaration<Record>::version_of(r); }) {
        return declaration<Record>::version_of(r);
    } else if constexpr (declaration<Record>::version == 1) {
        return 1;
    } else {
        return lowest_version_of(r);
    }
}

// Encoding into this needs no memory. What was encoded is valid until the next one.
class record_buffer {
public:
    static constexpr std::size_t capacity = 768;

    template <declared Record>
    std::span<const std::uint8_t> encode(const Record& r) noexcept {
        static_assert(body_size_max<Record> <= capacity, "this record may be larger than the buffer: encode_body()");
        byte_sink to(bytes_);
        put_body(to, r, version_of(r));
        return to.written();
    }

private:
    std::array<std::uint8_t, capacity> bytes_{};
};
static_assert(record_buffer::capacity <= record_body_size_max);

// Of a record that has no such bound. Empty if it would exceed record_body_size_max: such a one is refused.
template <declared Record>
std::vector<std::uint8_t> encode_body(const Record& r) {
    const std::uint16_t version = version_of(r);
    const std::size_t size = body_size(r, version);
    if (size > record_body_size_max) {
        return {};
    }
    std::vector<std::uint8_t> out(size);
    byte_sink to(out);
    put_body(to, r, version);
    return out;
}

// `out` is whole if this is decoding::ok, else unspecified. Views in it point into the record's body.
template <declared Record>
decoding decode(const record_view& record, Record& out) {
    using says = declaration<Record>;
    if (record.version > says::version) {
        return decoding::newer;
    }
    if (record.version == 0) {
        return decoding::malformed;
    }
    byte_source from(record.body);
    get_body(from, out, record.version);
    if (!from.ended_well() || !says::sound(out) || record.version != version_of(out)) {
        return decoding::malformed;
    }
    return from.newer() ? decoding::newer : decoding::ok;
}

} // namespace pawl::storage
