// The Cookie fields of a request: the cookie that is believed is the only one of its name, found by other means than
// the scanner's, and what is set is found again among others. Input: the name, a NUL, the header.
#include "app/http/cookies.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pawl::app;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.pop_back();
    }
    std::size_t blanks = 0;
    while (blanks < text.size() && (text[blanks] == ' ' || text[blanks] == '\t')) {
        ++blanks;
    }
    return text.substr(blanks);
}

struct seen_cookies {
    std::vector<std::string> values; // of the name, in order
    std::size_t pairs = 0;
};

seen_cookies look(std::string_view header, std::string_view name) {
    seen_cookies seen;
    std::istringstream parts{std::string(header) + ";"}; // the last part ends like the others
    for (std::string part; std::getline(parts, part, ';'); ++seen.pairs) {
        const std::size_t equals = part.find('=');
        if (equals != std::string::npos && trimmed(part.substr(0, equals)) == name) {
            seen.values.push_back(trimmed(part.substr(equals + 1)));
        }
    }
    return seen;
}

bool is_plain(std::string_view text) {
    return text.find_first_of(";= \t") == std::string_view::npos;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = input.find('\0');
    if (end == std::string_view::npos) {
        return 0;
    }
    const std::string_view name = input.substr(0, end), header = input.substr(end + 1);
    const std::string_view found = find_cookie(header, name);
    require(found.empty() ||
            (found.data() >= header.data() && found.data() + found.size() <= header.data() + header.size()));
    const seen_cookies seen = look(header, name);
    const bool is_believed = seen.pairs <= cookie_pairs_max && seen.values.size() == 1;
    require(found == (is_believed ? std::string_view(seen.values.front()) : std::string_view()));
    // One more of the name takes away what was believed, wherever it stands and whatever its value is.
    if (!found.empty() && is_plain(name)) {
        const std::string planted = std::string(name) + "=x";
        require(find_cookie(planted + "; " + std::string(header), name).empty());
        require(find_cookie(std::string(header) + "; " + planted, name).empty());
    }
    // What is set comes back from a browser before or after cookies of others.
    if (seen.values.empty() && seen.pairs < cookie_pairs_max && !name.empty() && is_plain(name)) {
        const std::string set = set_cookie({std::string(name), true}, "pws_x");
        const std::string pair = set.substr(0, set.find(';'));
        require(find_cookie(pair + "; " + std::string(header), name) == "pws_x");
        require(find_cookie(std::string(header) + "; " + pair, name) == "pws_x");
    }
    return 0;
}
