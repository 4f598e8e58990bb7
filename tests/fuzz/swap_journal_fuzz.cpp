// First byte even: a journal of a swap as it comes. Odd: its lines, with the right CRC. What is taken must say the same
// again, and name nothing outside of the directory.
#include "storage/backup/content_swap.hpp"
#include "storage/log/crc32c.hpp"
#include "storage/record/bytes.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace pawl::storage;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
    if ((data[0] & 1U) != 0) {
        char line[32];
        std::snprintf(line, sizeof line, "crc32c %08x\n",
                      crc32c(bytes_view{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
        text += line;
    }
    const std::optional<swap_journal> journal = decode_swap_journal(text);
    if (!journal) {
        return 0;
    }
    require(decode_swap_journal(encode_swap_journal(*journal)) == journal);
    require(journal->aside.empty() || parse_swap_aside_name(journal->aside));
    for (const auto* const names : {&journal->out, &journal->in}) {
        for (const std::string& name : *names) {
            require(!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos);
        }
    }
    return 0;
}
