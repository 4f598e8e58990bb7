#include "core/provider/opaque_token.hpp"

#include "core/provider/client.hpp"

#include <algorithm>
#include <span>

namespace pawl {

namespace {

static_assert(opaque_apis_max >= client_apis_max, "a token for all APIs of a client");

// version 1 B, jti 16 B, client 4 B, stamp 8 B, issued_at 8 B, expires_at 8 B, count of APIs 1 B, 2 B each; the rest
// is the scope. Numbers are big-endian.
constexpr std::uint8_t body_version = 1;
constexpr std::size_t version_at = 0, id_at = 1, client_at = 17, stamp_at = 21, issued_at_at = 29, expires_at_at = 37,
                      count_at = 45, apis_at = 46, api_size = 2;
static_assert(apis_at + opaque_apis_max * api_size + opaque_scope_size_max <= capsule_body_size_max);

void put(std::span<std::uint8_t> out, std::uint64_t value) {
    for (std::size_t i = out.size(); i > 0; --i, value >>= 8U) {
        out[i - 1] = static_cast<std::uint8_t>(value);
    }
}

std::uint64_t get(std::span<const std::uint8_t> in) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : in) {
        value = value << 8U | byte;
    }
    return value;
}

std::uint64_t number_of(timestamp time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

// std::nullopt for what no timestamp of ours is.
std::optional<timestamp> date_of(std::uint64_t number) {
    constexpr std::uint64_t date_max =
        (std::uint64_t{1} << 53U) - 1; // the largest NumericDate that every JSON reader has
    if (number > date_max) {
        return std::nullopt;
    }
    return timestamp(seconds(static_cast<std::int64_t>(number)));
}

bool fits(const opaque_token& token) {
    return token.apis.size() <= opaque_apis_max && token.scope.size() <= opaque_scope_size_max &&
           date_of(number_of(token.issued_at)) && date_of(number_of(token.expires_at));
}

} // namespace

std::optional<secret_string> make_opaque_token(const capsule_ring& ring, const opaque_token& token,
                                               random_source& random) {
    if (!fits(token)) {
        return std::nullopt;
    }
    const std::size_t scope_at = apis_at + token.apis.size() * api_size;
    secret_bytes body(scope_at + token.scope.size());
    const std::span<std::uint8_t> out(body);
    body[version_at] = body_version;
    std::ranges::copy(token.id.bytes, body.begin() + id_at);
    put(out.subspan(client_at, 4), token.client.value);
    put(out.subspan(stamp_at, 8), token.stamp);
    put(out.subspan(issued_at_at, 8), number_of(token.issued_at));
    put(out.subspan(expires_at_at, 8), number_of(token.expires_at));
    body[count_at] = static_cast<std::uint8_t>(token.apis.size());
    for (std::size_t i = 0; i < token.apis.size(); ++i) {
        put(out.subspan(apis_at + i * api_size, api_size), token.apis[i].value);
    }
    std::ranges::copy(token.scope, body.begin() + static_cast<std::ptrdiff_t>(scope_at));
    return ring.seal(capsule_kind::access_token, body, {}, random);
}

std::optional<opaque_token> open_opaque_token(const capsule_ring& ring, std::string_view text) {
    const std::optional<capsule_ring::opened> shown = ring.open(capsule_kind::access_token, text, {});
    if (!shown || shown->body.size() < apis_at || shown->body[version_at] != body_version) {
        return std::nullopt;
    }
    const std::span<const std::uint8_t> in(shown->body);
    const std::size_t count = in[count_at], scope_at = apis_at + count * api_size;
    const std::optional<timestamp> issued_at = date_of(get(in.subspan(issued_at_at, 8))),
                                   expires_at = date_of(get(in.subspan(expires_at_at, 8)));
    if (count > opaque_apis_max || in.size() < scope_at || in.size() - scope_at > opaque_scope_size_max || !issued_at ||
        !expires_at) {
        return std::nullopt;
    }
    opaque_token token;
    std::ranges::copy(in.subspan(id_at, token.id.bytes.size()), token.id.bytes.begin());
    token.client.value = static_cast<std::uint32_t>(get(in.subspan(client_at, 4)));
    token.stamp = get(in.subspan(stamp_at, 8));
    for (std::size_t i = 0; i < count; ++i) {
        token.apis.push_back({static_cast<std::uint16_t>(get(in.subspan(apis_at + i * api_size, api_size)))});
    }
    token.scope.assign(in.begin() + static_cast<std::ptrdiff_t>(scope_at), in.end());
    token.issued_at = *issued_at;
    token.expires_at = *expires_at;
    return token;
}

} // namespace pawl
