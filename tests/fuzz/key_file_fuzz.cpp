// Also every text as a JWK of each algorithm: what is taken can be asked to verify.
// A key file either parses into a whole ring or is refused with a sentence; one that parses survives being rewritten.
#include "core/capsule/capsule.hpp"
#include "core/jwt/jws_keys.hpp"

#include <cstdlib>

namespace {

class counting_random final : public pawl::random_source {
public:
    void fill(std::span<std::uint8_t> out) override {
        for (std::uint8_t& byte : out) {
            byte = static_cast<std::uint8_t>(++count_ * 37 % 251);
        }
    }

private:
    unsigned count_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const pawl::parsed_key_file parsed = pawl::parse_key_file(text, {pawl::jws_algorithm::eddsa, nullptr});
    if ((parsed.ring == nullptr) == parsed.error.empty()) {
        std::abort();
    }
    if (parsed.ring != nullptr &&
        (!parsed.ring->signing_key || parsed.ring->refresh_keys.empty() || parsed.ring->log_key.size() != 32 ||
         parsed.ring->jwks().size() < 12 || !parsed.ring->capsules || !parsed.ring->capsules->has(0))) {
        std::abort();
    }
    for (const pawl::jws_algorithm algorithm : {pawl::jws_algorithm::es256, pawl::jws_algorithm::eddsa,
                                                pawl::jws_algorithm::rs256, pawl::jws_algorithm::hs256}) {
        const pawl::made_key made = pawl::jws_key_from_jwk(text, algorithm);
        if (made.key != nullptr && made.key->verify("m", std::vector<std::uint8_t>(256, 1))) {
            std::abort();
        }
    }
    const pawl::timestamp now{pawl::seconds(1'790'000'000)};
    for (const pawl::seconds after : {pawl::seconds(-1'790'000'000), pawl::seconds(0), pawl::seconds(600)}) {
        if (parsed.ring != nullptr && !parsed.ring->signer_at(now + after)) {
            std::abort(); // there is always one that signs
        }
    }
    counting_random random;
    for (const pawl::key_start start : {pawl::key_start::published, pawl::key_start::at_once}) {
        const auto rotated = pawl::rotate_signing_key(text, pawl::jws_algorithm::eddsa, random, now, start);
        if (parsed.ring == nullptr || rotated.problem != pawl::key_edit_problem::none) {
            continue;
        }
        const auto ring = pawl::parse_key_file(rotated.text, {pawl::jws_algorithm::eddsa, nullptr}).ring;
        if (ring == nullptr || ring->verifying_keys.size() != parsed.ring->verifying_keys.size() + 1 ||
            ring->signer_at(now + pawl::publish_lead) != ring->verifying_keys.back()) {
            std::abort();
        }
    }
    const auto with_capsule = pawl::rotate_capsule_key(text, random, now);
    if (parsed.ring != nullptr && with_capsule.problem == pawl::key_edit_problem::none) {
        const auto ring = pawl::parse_key_file(with_capsule.text, {pawl::jws_algorithm::eddsa, nullptr}).ring;
        if (ring == nullptr || ring->capsule_keys.size() != parsed.ring->capsule_keys.size() + 1 ||
            ring->capsules->sealing_id() != ring->capsule_keys.back().id ||
            pawl::retire_capsule_key(with_capsule.text, ring->capsules->sealing_id()).problem !=
                pawl::key_edit_problem::active) {
            std::abort();
        }
    }
    const auto stamped = pawl::stamp_next_keys(text, now);
    if (stamped && pawl::stamp_next_keys(*stamped, now)) {
        std::abort(); // once is enough
    }
    const auto changed = pawl::ensure_signing_key(text, pawl::jws_algorithm::es256, random, pawl::timestamp{});
    if (changed && !pawl::parse_key_file(*changed, {pawl::jws_algorithm::es256, nullptr}).ring) {
        std::abort();
    }
    return 0;
}
