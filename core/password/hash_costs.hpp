// What the stored hashes of the users cost to verify, as counts: so that a login of an unknown name can cost what is
// usual, and tells nothing by the time it takes.
//
// A name is given one of the costs that are present, in proportion to how many users have each, by rendezvous hashing
// with weights: each cost draws a score for the name under a secret key, and the best one has it. So a name always
// costs the same while the counts stand; and where a share of the users moves from one cost to another, the same share
// of the unknown names moves with them, and no other name does.
//
// Costs are told apart by algorithm and parameters; there are at most `classes_max`, and users of one more are counted
// with the nearest. Pure. Not synchronised.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl {

class hash_costs {
public:
    static constexpr std::size_t classes_max = 64;
    static constexpr std::size_t key_size = 16; // of SipHash
    using key = std::array<std::uint8_t, key_size>;
    using index = std::uint8_t;
    static constexpr index none = 0xFF;

    // Counts a user with this hash: what to give to remove() when it goes. `none` for one that can't be verified.
    index add(std::string_view stored);
    void remove(index cost);

    // A hash that no password verifies against, of the cost that `name` is given (core/password/password.hpp:
    // dummy_like). Empty where no user is counted.
    std::string usual_for(std::string_view name, const key& secret) const;

    // Users counted with this dummy's cost.
    std::uint64_t count_of(std::string_view dummy) const;

private:
    struct one_cost {
        std::string dummy;
        std::uint64_t mark = 0; // of the dummy, for the scores
        double work = 0;        // about so many ns
        std::uint64_t users = 0;
    };
    index place_for(std::string dummy, double work);
    // The cost last added, by the text that says it: most users come one after the other with the same.
    std::string recent_head_;
    std::size_t recent_size_ = 0;
    index recent_ = none;
    std::vector<one_cost> costs_;
};

} // namespace pawl
