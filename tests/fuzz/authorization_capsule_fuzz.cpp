// Any bytes, sealed as a flow, as a code, as a sign-out and as the cookies of forward auth: what is read of them makes
// the same bytes again.
#include "core/capsule/body.hpp"
#include "core/provider/authorization_code.hpp"
#include "core/provider/forward_cookie.hpp"
#include "core/provider/sign_out.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace pawl;

class still_random final : public random_source {
public:
    void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{7}); }
};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

capsule_ring some_ring() {
    std::vector<capsule_key> keys;
    keys.push_back({0, secret_bytes(capsule_key_size, 7)});
    return capsule_ring(std::move(keys));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const capsule_ring ring = some_ring();
    constexpr std::uint64_t mark = 5;
    still_random random;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    open_flow(ring, text, mark); // a corpus may hold what the ring itself sealed
    open_code(ring, text, mark);
    open_sign_out(ring, text, mark);
    open_forward_flow(ring, text, mark);
    open_forward_session(ring, text);
    if (size > capsule_body_size_max) {
        return 0;
    }
    const std::span<const std::uint8_t> bytes(data, size);
    const secret_string as_flow = ring.seal(capsule_kind::flow, bytes, mark_bytes(mark), random);
    if (const auto f = open_flow(ring, as_flow.reveal(), mark)) {
        const auto again = seal_flow(ring, *f, mark, random);
        require(again && again->reveal() == as_flow.reveal());
    }
    const secret_string as_code = ring.seal(capsule_kind::authorization_code, bytes, mark_bytes(mark), random);
    if (const auto code = open_code(ring, as_code.reveal(), mark)) {
        const auto again = seal_code(ring, *code, mark, random);
        require(again && again->reveal() == as_code.reveal());
    }
    const secret_string as_sign_out = ring.seal(capsule_kind::sign_out, bytes, mark_bytes(mark), random);
    if (const auto f = open_sign_out(ring, as_sign_out.reveal(), mark)) {
        const auto again = seal_sign_out(ring, *f, mark, random);
        require(again && again->reveal() == as_sign_out.reveal());
    }
    const secret_string as_forward = ring.seal(capsule_kind::forward_flow, bytes, mark_bytes(mark), random);
    if (const auto f = open_forward_flow(ring, as_forward.reveal(), mark)) {
        const auto again = seal_forward_flow(ring, *f, mark, random);
        require(again && again->reveal() == as_forward.reveal());
    }
    const secret_string as_session = ring.seal(capsule_kind::forward_session, bytes, {}, random);
    if (const auto s = open_forward_session(ring, as_session.reveal())) {
        require(seal_forward_session(ring, *s, random).reveal() == as_session.reveal());
    }
    return 0;
}
