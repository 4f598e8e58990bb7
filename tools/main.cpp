// Composition only: parse, run the chosen command, say what went wrong in one line.
#include "storage/exit_code.hpp"
#include "storage/standard_descriptors.hpp"
#include "tools/program.hpp"

int main(int argument_count, char** arguments) {
    if (!pawl::storage::fill_standard_descriptors()) {
        return static_cast<int>(pawl::storage::exit_code::storage_failed); // where to say it is what is missing
    }
    return pawl::tools::run(argument_count, arguments);
}
