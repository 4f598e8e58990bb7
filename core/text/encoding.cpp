#include "core/text/encoding.hpp"

#include <boost/assert.hpp>

#include <array>
#include <cstddef>

namespace pawl {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Six bits for each character of the alphabet; a value with either of the two top bits set for all others, so that one
// test of the OR of many values finds any stranger among them.
constexpr std::uint8_t stranger = 0xC0;
constexpr std::array<std::uint8_t, 256> sextets = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(stranger);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return table;
}();

constexpr std::uint32_t sextet(char c) {
    return sextets[static_cast<unsigned char>(c)];
}

// Nothing for a length no encoding has.
constexpr std::optional<std::size_t> decoded_size(std::size_t chars) {
    if (chars % 4 == 1) {
        return std::nullopt;
    }
    return chars / 4 * 3 + (chars % 4 == 0 ? 0 : chars % 4 - 1);
}

// `out` has decoded_size(text.size()) bytes.
bool decode(std::string_view text, std::uint8_t* out) {
    std::uint32_t seen = 0;
    const char* in = text.data();
    for (std::size_t quads = text.size() / 4; quads > 0; --quads, in += 4, out += 3) {
        const std::uint32_t a = sextet(in[0]), b = sextet(in[1]), c = sextet(in[2]), d = sextet(in[3]);
        seen |= a | b | c | d;
        const std::uint32_t bits = a << 18U | b << 12U | c << 6U | d;
        out[0] = static_cast<std::uint8_t>(bits >> 16U);
        out[1] = static_cast<std::uint8_t>(bits >> 8U);
        out[2] = static_cast<std::uint8_t>(bits);
    }
    std::uint32_t spare = 0; // bits of the last character that no byte takes
    if (text.size() % 4 == 2) {
        const std::uint32_t a = sextet(in[0]), b = sextet(in[1]);
        seen |= a | b;
        spare = b & 0xFU;
        out[0] = static_cast<std::uint8_t>(a << 2U | b >> 4U);
    } else if (text.size() % 4 == 3) {
        const std::uint32_t a = sextet(in[0]), b = sextet(in[1]), c = sextet(in[2]);
        seen |= a | b | c;
        spare = c & 0x3U;
        out[0] = static_cast<std::uint8_t>(a << 2U | b >> 4U);
        out[1] = static_cast<std::uint8_t>(b << 4U | c >> 2U);
    }
    return (seen & stranger) == 0 && spare == 0;
}

} // namespace

void base64url_append(std::string& out, std::span<const std::uint8_t> bytes) {
    const std::size_t start = out.size();
    out.resize(start + base64url_size(bytes.size()));
    base64url_encode_into(bytes, std::span(out).subspan(start));
}

void base64url_encode_into(std::span<const std::uint8_t> bytes, std::span<char> out) {
    BOOST_ASSERT(out.size() == base64url_size(bytes.size()));
    char* to = out.data();
    const std::uint8_t* in = bytes.data();
    for (std::size_t triples = bytes.size() / 3; triples > 0; --triples, in += 3, to += 4) {
        const std::uint32_t bits = std::uint32_t{in[0]} << 16U | std::uint32_t{in[1]} << 8U | in[2];
        to[0] = alphabet[bits >> 18U];
        to[1] = alphabet[bits >> 12U & 0x3FU];
        to[2] = alphabet[bits >> 6U & 0x3FU];
        to[3] = alphabet[bits & 0x3FU];
    }
    if (bytes.size() % 3 == 1) {
        to[0] = alphabet[in[0] >> 2U];
        to[1] = alphabet[(in[0] & 0x3U) << 4U];
    } else if (bytes.size() % 3 == 2) {
        to[0] = alphabet[in[0] >> 2U];
        to[1] = alphabet[(in[0] & 0x3U) << 4U | in[1] >> 4U];
        to[2] = alphabet[(in[1] & 0xFU) << 2U];
    }
}

std::string base64url_encode(std::span<const std::uint8_t> bytes) {
    std::string out;
    base64url_append(out, bytes);
    return out;
}

std::optional<std::vector<std::uint8_t>> base64url_decode(std::string_view text) {
    const std::optional<std::size_t> size = decoded_size(text.size());
    if (!size) {
        return std::nullopt;
    }
    std::vector<std::uint8_t> out(*size);
    if (!decode(text, out.data())) {
        return std::nullopt;
    }
    return out;
}

bool base64url_decode_into(std::string_view text, std::span<std::uint8_t> out) {
    return decoded_size(text.size()) == out.size() && decode(text, out.data());
}

std::optional<std::size_t> base64url_decode_prefix(std::string_view text, std::span<std::uint8_t> out) {
    const std::optional<std::size_t> size = decoded_size(text.size());
    if (!size || *size > out.size() || !decode(text, out.data())) {
        return std::nullopt;
    }
    return size;
}

} // namespace pawl
