// First byte even: a manifest as it comes. Odd: its JSON line, rightly signed. What is taken must say the same again.
#include "storage/directory/manifest.hpp"
#include "storage/log/crc32c.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<std::uint8_t> key(log_key_size, 1);
    static const log_keys keys{key};
    if (size == 0) {
        return 0;
    }
    std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
    if ((data[0] & 1U) != 0) {
        text += '\n';
        const auto bytes = [&] { return bytes_view{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; };
        const hmac_sha256::digest tag = hmac_sha256{keys.manifest()}.compute({bytes()});
        text += "hmac-sha256 ";
        char hex[16];
        for (const std::uint8_t b : tag) {
            std::snprintf(hex, sizeof hex, "%02x", b);
            text += hex;
        }
        std::snprintf(hex, sizeof hex, "%08x", crc32c(bytes()));
        text += std::string(" crc32c ") + hex + "\n";
    }
    const decoded_manifest m = decode_manifest(text, keys);
    if (m.fault == manifest_fault::none) {
        const decoded_manifest again = decode_manifest(encode_manifest(m.value, keys), keys);
        if (again.fault != manifest_fault::none || again.value != m.value) {
            std::abort();
        }
    }
    return 0;
}
