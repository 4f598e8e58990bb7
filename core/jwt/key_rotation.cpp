#include "core/jwt/key_rotation.hpp"

#include "core/jwt/key_file_contents.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <utility>

namespace pawl {

namespace {

constexpr std::string_view signing_word = "signing "; // key_file_edit::about begins with it

} // namespace

std::vector<jws_algorithm> algorithms_in_use(const key_ring& ring) {
    std::vector<jws_algorithm> found{ring.signing_key->algorithm()};
    for (const next_signer& one : ring.other_signers) {
        if (std::ranges::find(found, one.key->algorithm()) == found.end()) {
            found.push_back(one.key->algorithm());
        }
    }
    return found;
}

key_file_edit rotate_signing_keys(std::string_view text, std::span<const jws_algorithm> algorithms,
                                  random_source& random, timestamp now, key_start start,
                                  std::vector<std::string>& kids) {
    kids.clear();
    key_file_edit done;
    for (const jws_algorithm algorithm : algorithms) {
        key_file_edit next =
            rotate_signing_key(kids.empty() ? text : std::string_view(done.text), algorithm, random, now, start);
        wipe(done.text.data(), done.text.size());
        done = std::move(next);
        if (done.problem != key_edit_problem::none) {
            kids.clear();
            return done;
        }
        BOOST_ASSERT(done.about.starts_with(signing_word));
        kids.push_back(done.about.substr(signing_word.size()));
    }
    return done;
}

key_ring_ptr with_signer(const key_ring& ring, std::shared_ptr<const jws_key> key, timestamp now) {
    BOOST_ASSERT(key != nullptr && key->algorithm() != ring.signing_key->algorithm());
    auto more = std::make_shared<key_ring>(ring);
    more->generation = next_ring_generation();
    more->other_signers.push_back({now, key});
    more->verifying_keys.push_back(std::move(key));
    more->signing_created_at.push_back(now);
    more->signing_from.push_back(now);
    return more;
}

key_ring_ptr with_next_signer(const key_ring& ring, std::shared_ptr<const jws_key> key, timestamp now,
                              key_start start) {
    BOOST_ASSERT(key != nullptr && key->algorithm() != jws_algorithm::hs256);
    auto more = std::make_shared<key_ring>(ring);
    const bool of_access_tokens = key->algorithm() == ring.signing_key->algorithm();
    const timestamp from = start == key_start::at_once ? now : now + publish_lead;
    more->generation = next_ring_generation();
    more->verifying_keys.push_back(key);
    more->signing_created_at.push_back(now);
    more->signing_from.push_back(from);
    std::vector<next_signer>& among = of_access_tokens ? more->next_signers : more->other_signers;
    if (start == key_start::at_once) {
        std::erase_if(among, [&key](const next_signer& one) { return one.key->algorithm() == key->algorithm(); });
        if (of_access_tokens) {
            more->signing_key = std::move(key);
            return more;
        }
    }
    const auto later = std::ranges::upper_bound(among, from, {}, &next_signer::from);
    among.insert(later, {from, std::move(key)});
    return more;
}

} // namespace pawl
