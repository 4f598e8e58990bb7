// What a store was like after each of its changes, for tests that cut the power: what is found then is one of these,
// and no earlier one than the last that was told durable.
#pragma once

#include "storage/store/embedded_store.hpp"
#include "tests/storage/log_fixture.hpp"
#include "tests/storage/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace pawl::storage::test {

class told_states {
public:
    // `all`: everything that may be asked of the store, as one text.
    explicit told_states(std::string all) : states_{std::move(all)}, tickets_{ticket::none} {}

    void add(ticket rests, std::string all) {
        tickets_.push_back(rests);
        states_.push_back(std::move(all));
    }
    const std::string& last() const { return states_.back(); }

    // Cuts the power of `store` (its disk, its data, open(), all()) and opens it again. `where` is for the message.
    template <class Store>
    void cut_power(Store& store, std::mt19937_64& random, const std::string& where) const {
        // First what is durable, then the power goes: what is under way fails.
        std::size_t told = 0;
        for (std::size_t i = 0; i < tickets_.size(); ++i) {
            told = store.data->is_durable(tickets_[i]) ? i : told;
        }
        store.disk->cut_power(random);
        store.data.reset();
        store.open();
        const std::string found = store.all();
        bool explained = false;
        for (std::size_t i = told; i < states_.size(); ++i) {
            explained = explained || states_[i] == found;
        }
        BOOST_REQUIRE_MESSAGE(explained, where << ": " << found);
    }

private:
    std::vector<std::string> states_;
    std::vector<ticket> tickets_; // of each state
};

inline std::string life_of(std::uint64_t seed, int life) {
    return "seed " + std::to_string(seed) + ", life " + std::to_string(life);
}

// The options of a store on `files` whose segments end soon.
inline embedded_store_options small_segments(std::shared_ptr<file_system> files) {
    embedded_store_options o = store_fixture::without_thread();
    o.directory = pawl::test::options_on(std::move(files));
    o.directory.segment_size = o.directory.first_segment_size = std::uint64_t{64} * 1024;
    return o;
}

} // namespace pawl::storage::test
