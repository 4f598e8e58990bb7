// The keys of clients: what is taken has a normal form that reads back as itself and holds no private member; what is
// not has a sentence.
#include "core/jwt/client_keys.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const pawl::client_keys read = pawl::read_client_keys(text);
    require(read.problem.empty() != read.keys.empty());
    require(read.keys.empty() == read.normalised.empty());
    require(pawl::jwks_problem(text).has_value() != read.problem.empty());
    if (read.keys.empty()) {
        return 0;
    }
    require(read.keys.size() <= 2 * pawl::client_keys_max);
    const pawl::client_keys again = pawl::read_client_keys(read.normalised);
    require(again.problem.empty() && again.normalised == read.normalised && again.keys.size() == read.keys.size());
    for (std::size_t i = 0; i < read.keys.size(); ++i) {
        require(again.keys[i]->kid() == read.keys[i]->kid());
        require(again.keys[i]->public_jwk() == read.keys[i]->public_jwk());
        require(!read.keys[i]->verify("m", {}));
    }
    return 0;
}
