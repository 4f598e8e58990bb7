// pawlctl secret: a good SECRET_KEY.
#include "core/text/encoding.hpp"
#include "storage/system_random.hpp"
#include "tools/command/commands.hpp"

#include <CLI/CLI.hpp>

#include <array>

namespace pawl::tools {

void add_secret_command(CLI::App& parser, program& p) {
    CLI::App* const command = parser.add_subcommand("secret", "print a fresh SECRET_KEY: 32 random bytes in base64url");
    command->callback([&p] {
        p.action = [&p] {
            storage::system_random random;
            std::array<std::uint8_t, 32> bytes{};
            random.fill(bytes);
            const std::string text = base64url_encode(bytes);
            if (p.out.json()) {
                p.out.line("{\"secret_key\":\"" + text + "\"}");
            } else {
                p.out.line(text);
            }
            return 0;
        };
    });
}

} // namespace pawl::tools
