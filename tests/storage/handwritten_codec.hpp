// The codec that was written by hand before entities were declared: the oracle that the declarations are compared with.
// It is not to be changed: what it writes is what version 1 of every record says, and version 2 of events.
#pragma once

#include "storage/entity/event.hpp"
#include "storage/entity/family.hpp"
#include "storage/entity/user.hpp"
#include "storage/record/codec.hpp"
#include "storage/record/serving.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace pawl::storage::handwritten {

constexpr std::uint16_t version_of(const security_event& e) {
    return has_words(e.kind) ? 2 : 1;
}

class record_buffer {
public:
    static constexpr std::size_t capacity = 768;
    std::span<const std::uint8_t> encode(const family_word_record& r) noexcept;
    std::span<const std::uint8_t> encode(const family_created_record& r) noexcept;
    std::span<const std::uint8_t> encode(const security_event& e) noexcept;

private:
    std::array<std::uint8_t, capacity> bytes_{};
};

// Empty where the record would exceed record_body_size_max or a text 65,535 bytes.
std::vector<std::uint8_t> encode_user(const user& u);

decoding decode(const record_view& record, family_word_record& out);
decoding decode(const record_view& record, family_created_record& out);
decoding decode(const record_view& record, user& out);
decoding decode(const record_view& record, security_event& out);

serving_bytes encode_serving(const serving_record& r) noexcept;
serving_fault decode_serving(const record_view& record, serving_record& out) noexcept;

} // namespace pawl::storage::handwritten
