// The two cookies of a host behind forward auth, as capsules. Each names the host that it was set by, so that what an
// application sees in its visitors' cookies is of no use at another host.
#pragma once

#include "core/capsule/capsule.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

inline constexpr seconds forward_flow_ttl{3600}; // of a sign-in; as of a page (flow_ttl)

// A sign-in under way: what the callback has to know.
struct forward_flow {
    std::string host;                        // as records have it
    std::string return_path;                 // is_return_path()
    std::array<std::uint8_t, 32> verifier{}; // RFC 7636 4.1: base64url of it
    std::array<std::uint8_t, 16> state{};
    timestamp made_at{};

    friend bool operator==(const forward_flow&, const forward_flow&) = default;
};
// What /authorize is sent of it.
std::string verifier_text(const forward_flow& flow);
std::string challenge_text(const forward_flow& flow); // S256
std::string state_text(const forward_flow& flow);
// Whether a state that came back is the flow's, in a time that says nothing of where it differs.
bool is_state_of(const forward_flow& flow, std::string_view came);

// `mark`: registry::history_mark(), bound in. std::nullopt where a text has no place in it.
std::optional<secret_string> seal_forward_flow(const capsule_ring& ring, const forward_flow& flow, std::uint64_t mark,
                                               random_source& random);
// std::nullopt if it is not ours.
std::optional<forward_flow> open_forward_flow(const capsule_ring& ring, std::string_view text, std::uint64_t mark);

// A visitor that signed in: the family that its code made.
struct forward_session {
    std::string host;
    family_id family;

    friend bool operator==(const forward_session&, const forward_session&) = default;
};
// As of a browser's session, no mark: whether the family lives says all.
secret_string seal_forward_session(const capsule_ring& ring, const forward_session& session, random_source& random);
// std::nullopt if it is not ours.
std::optional<forward_session> open_forward_session(const capsule_ring& ring, std::string_view text);

} // namespace pawl
