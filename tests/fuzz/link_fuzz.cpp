// Any bytes, sealed as a link of a mail: what is read of them makes the same bytes again, and a decision never throws.
#include "core/account/link.hpp"
#include "core/capsule/body.hpp"

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
    open_link(ring, {reinterpret_cast<const char*>(data), size}, mark); // a corpus may hold what the ring itself sealed
    if (size > capsule_body_size_max) {
        return 0;
    }
    const secret_string text = ring.seal(capsule_kind::mail_link, {data, size}, mark_bytes(mark), random);
    const std::optional<opened_link> shown = open_link(ring, text.reveal(), mark);
    if (!shown) {
        return 0;
    }
    const auto again = seal_link(ring, shown->link, mark, random);
    require(again && again->reveal() == text.reveal());
    user who;
    who.id = shown->link.user;
    decide_link(ring, *shown, shown->link.purpose, &who, shown->link.issued);
    require(decide_link(ring, *shown, shown->link.purpose, nullptr, shown->link.issued) ==
            (shown->link.purpose == link_purpose::sign_up ? link_decision::good : link_decision::link_used));
    return 0;
}
