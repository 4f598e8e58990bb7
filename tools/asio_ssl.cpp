// The one translation unit that compiles Asio's TLS; everything else sees its declarations.
#include <boost/asio/ssl/impl/src.hpp>
