// Seeds: whatever is taken makes records that a store takes.
#include "app/dev/seed.hpp"
#include "storage/store/embedded_store.hpp"
#include "storage/system_random.hpp"
#include "tests/support/test_keys.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

namespace {

class fixed_clock final : public pawl::clock {
public:
    pawl::timestamp_ms now_ms() const override { return pawl::timestamp_ms(pawl::seconds(1'800'000'000)); }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pawl;
    auto parsed = app::parse_seed({reinterpret_cast<const char*>(data), size});
    const app::seed* const s = std::get_if<app::seed>(&parsed);
    if (s == nullptr) {
        return 0;
    }
    static storage::system_random random;
    static const fixed_clock time;
    static const key_ring_ptr keys = test::make_test_keys();
    const storage::memory_image_ptr image = app::image_of(*s, {}, random, time.now(), keys->capsules.get());
    storage::embedded_store_options options;
    options.maintenance_thread = false;
    const auto store =
        storage::embedded_store::open_on(std::make_unique<storage::memory_log>(image), std::move(options), time);
    const storage::store_statistics found = store->statistics();
    if (found.users != s->users.size() || found.clients != s->entities.clients.size() ||
        found.apis != s->entities.apis.size() || found.scopes != s->entities.scopes.size()) {
        std::abort();
    }
    return 0;
}
