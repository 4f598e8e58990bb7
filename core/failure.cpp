#include "core/failure.hpp"

#include <cstdlib>

namespace pawl {

void throw_exception_from_error(const failure& /*f*/, const boost::source_location& /*where*/) {
    std::abort(); // value() of a failed result: the caller did not look first
}

} // namespace pawl
