// Made by tests/core/make_password_vectors.py: hashes by others than Pawl, and the password of each.
#pragma once

#include <array>
#include <string_view>

// clang-format off
namespace pawl::test {

using namespace std::string_view_literals;

struct password_vector {
    std::string_view password;
    std::string_view stored;
};
inline constexpr std::array<password_vector, 78> password_vectors{{
    {"secret"sv, "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"sv},
    {"secret"sv, "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8"sv},
    {"secret"sv, "pbkdf2_sha256$1000$NaClNaClNaCl$wNSIo3Xxn40jMATTAInliPE1puSKz/kEHTcfdsEYyRw="sv},
    {"secret"sv, "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$pbviq+1UUgwZCmLIr4Hgk7mEMsxnRLuOb2HfvIaBwGY"sv},
    {"correct horse battery staple"sv, "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG"sv},
    {"correct horse battery staple"sv, "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$yqSq2SygY1sB4EcH9f2FG0JTMES.wqLsOT5YmiRBplI"sv},
    {"correct horse battery staple"sv, "pbkdf2_sha256$1000$NaClNaClNaCl$Yjgv2ldhpZaD1nWilO6B2wcqdx/pg2kewTaiJVKptNs="sv},
    {"correct horse battery staple"sv, "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$aq42HBL+IPAitHspChw/8mx5JRX2jFDkTmlsBskwH/0"sv},
    {"p\303\244ssw\303\266rd"sv, "$2b$04$abcdefghijklmnopqrstuuyx2n0Zzopyr9QuYTMCfOJJOj526QVoC"sv},
    {"p\303\244ssw\303\266rd"sv, "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$Kfxd4gVEVJAUWyEM9/KuB1B0aQFq.qVyrFi44QnyZ4k"sv},
    {"p\303\244ssw\303\266rd"sv, "pbkdf2_sha256$1000$NaClNaClNaCl$R2oCAdfEsCw0dle9fZcK/jpnzXroZzamstLgK6SfIeI="sv},
    {"p\303\244ssw\303\266rd"sv, "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$DlBpgZxpRErxeXpZZ9xCY5/up7OmAZPayOJR6HGl7k4"sv},
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"sv, "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i"sv},
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"sv, "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$CY807RxEBRfd68gYBBlXFJ4BJzyJ2X.Ohq3xxsHxQwg"sv},
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"sv, "pbkdf2_sha256$1000$NaClNaClNaCl$xpfwBDSm82B9AMePoCAoeRcbcYlkq85RXCcOF7VgYs4="sv},
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"sv, "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$lxkKH5pwDcWE1KsPc5/LYxbcxOrGsSwxeDoMtcsFhuU"sv},
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"sv, "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i"sv},
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"sv, "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$15ZCvS5AD/.PD4.1Zyi4riJcLS6KYPedu2P.HcJ.1ow"sv},
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"sv, "pbkdf2_sha256$1000$NaClNaClNaCl$+gcHqCdG8ZKIsC7xl5oMtLZpXLEonETdujejBqISTPo="sv},
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"sv, "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$l4gCUGafkca4tj/VjHGTWY9sYvVDpcQpKv4CvCf8WFY"sv},
    {""sv, "$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq"sv},
    {""sv, "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$1SowFvcyM8WmWKE5mw1mE6SzWhTrQkI1ozLfFjQpvY4"sv},
    {""sv, "pbkdf2_sha256$1000$NaClNaClNaCl$KmMdDInBdwUKJQx70j3mikoxHINHgqz8r2UIQ4P0T2A="sv},
    {""sv, "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$YdvKnHDNdnx3UXOE4OXsgVckBvuq3gpvrMbEV3UYnbY"sv},
    {"secret"sv, "$2a$05$NNNNNNNNNNNNNNNNNNNNNuBi0LoI4h5n8AL11r2r5gBbrbvufNkje"sv},
    {"secret"sv, "$2b$05$NNNNNNNNNNNNNNNNNNNNNuBi0LoI4h5n8AL11r2r5gBbrbvufNkje"sv},
    {"secret"sv, "$2y$05$NNNNNNNNNNNNNNNNNNNNNuBi0LoI4h5n8AL11r2r5gBbrbvufNkje"sv},
    {"secret"sv, "$pbkdf2-sha256$1$//77//77//77//77//77$cB/aWiZPM0XkJM7yZaoGF3JFYu4GCqnxxn/SuveOa5E"sv},
    {"secret"sv, "$argon2d$v=16$m=64,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$1qdFaz70UEGd1XCi4iQhKvv5uXmAhleomulDHD2DIxo"sv},
    {"secret"sv, "$argon2d$v=16$m=64,t=3,p=1$OCBieXRlcyE$yDLKeRRtNBjKhaTMW67TZr95vtGfO1YQwXmlg1NwUrQ"sv},
    {"secret"sv, "$argon2d$v=16$m=64,t=1,p=4$MDEyMzQ1Njc4OWFiY2RlZg$aCe76cSK6Dt9KIm6ExCcuA"sv},
    {"secret"sv, "$argon2d$v=16$m=64,t=1,p=4$OCBieXRlcyE$gIWwg43BbKnsh65EoOu5fg"sv},
    {"secret"sv, "$argon2d$v=16$m=256,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$TYcY0JTJ2agDRyU89zN+abjCY4R0jfH0xJWeU9PVUIp7wJXlCcNUjqw3H4SMNzIiZqwJb2niW4lsApvGMOY8fw"sv},
    {"secret"sv, "$argon2d$v=16$m=256,t=2,p=2$OCBieXRlcyE$V2lSIz5GCAbTZrgdGoZzoBO/k0kE92DZ4HEX0wdr3Gjxe5MFGhcOfmUpS0mPM8iVWFdur60Ez73GoPuDsgE57w"sv},
    {"secret"sv, "$argon2d$v=16$m=128,t=1,p=16$MDEyMzQ1Njc4OWFiY2RlZg$re25TkiAX2PEDFQv"sv},
    {"secret"sv, "$argon2d$v=16$m=128,t=1,p=16$OCBieXRlcyE$P4qpYIZFrbRml3hF"sv},
    {"secret"sv, "$argon2d$v=19$m=64,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$62RJj4uSYIjhjvU3z08bBbe9OzyvvZFNpPDqRkO/8e4"sv},
    {"secret"sv, "$argon2d$v=19$m=64,t=3,p=1$OCBieXRlcyE$2mW/DnEOgj6b1lV7H9KNAxQELQf7URiQgwRWh31dv04"sv},
    {"secret"sv, "$argon2d$v=19$m=64,t=1,p=4$MDEyMzQ1Njc4OWFiY2RlZg$dRHNgMvPltCbzo3x2FPa3A"sv},
    {"secret"sv, "$argon2d$v=19$m=64,t=1,p=4$OCBieXRlcyE$uhG9VBGLbrol6d7SrctJtQ"sv},
    {"secret"sv, "$argon2d$v=19$m=256,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$PEf+2jlGX6vDmYPeUSjzsTguiTwQ5mFF3aAyrvuC4MDdObgeZc8j7MBYa5v7YCL3PM11SeRhYZ+gVDOmlobeXg"sv},
    {"secret"sv, "$argon2d$v=19$m=256,t=2,p=2$OCBieXRlcyE$QxejG4IN2SsQGKQfQ84IlEdi6G9lA7sSwJMjxwIGq/Y75nZwVzGeTiemtgcV6Q83ssP6Fdnx+ry4f/aDYIvQog"sv},
    {"secret"sv, "$argon2d$v=19$m=128,t=1,p=16$MDEyMzQ1Njc4OWFiY2RlZg$dLzJy7DsKfxhRLDs"sv},
    {"secret"sv, "$argon2d$v=19$m=128,t=1,p=16$OCBieXRlcyE$Y6qG2VmkUu833UVP"sv},
    {"secret"sv, "$argon2i$v=16$m=64,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$x2TvUX/qNBec4v6cowVIW+m79ubiXnnw0vZr+lIGtaE"sv},
    {"secret"sv, "$argon2i$v=16$m=64,t=3,p=1$OCBieXRlcyE$JTXsT32D7PpbkZqsoQE4dh3CxzYq98LUP1kTEDInbAY"sv},
    {"secret"sv, "$argon2i$v=16$m=64,t=1,p=4$MDEyMzQ1Njc4OWFiY2RlZg$DbJAwDoj4POcp8j3UwCa7w"sv},
    {"secret"sv, "$argon2i$v=16$m=64,t=1,p=4$OCBieXRlcyE$TzbKwFwlnQewYaEhz2Qwlg"sv},
    {"secret"sv, "$argon2i$v=16$m=256,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$Yn2UC56XbskKNVwC911bxPUwc9NTOy6EwB+AO1+Ns9915r75SV2wC+wxRi4Nfk44YnjcEukMpTLT6vUpvmzxFw"sv},
    {"secret"sv, "$argon2i$v=16$m=256,t=2,p=2$OCBieXRlcyE$jWgQ2T9WgEuE38kAJTNia4GHZ1B00uNxcNrGXkH5Ty2rrJQP3ElIYOuAAIYY6uc1W8X+1cKwjzVDm7wYK1BtoQ"sv},
    {"secret"sv, "$argon2i$v=16$m=128,t=1,p=16$MDEyMzQ1Njc4OWFiY2RlZg$i0SkBXNfbDJ5cEus"sv},
    {"secret"sv, "$argon2i$v=16$m=128,t=1,p=16$OCBieXRlcyE$SmvHCNz5ekFgkMTP"sv},
    {"secret"sv, "$argon2i$v=19$m=64,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$93qFTP4vzCL76D1fdjK2xKv51mxsI3FiviPJUAdX/WM"sv},
    {"secret"sv, "$argon2i$v=19$m=64,t=3,p=1$OCBieXRlcyE$TPRnYX43QgTQKH4rC5S6NngNiNoZxydOEOU0mplf3vU"sv},
    {"secret"sv, "$argon2i$v=19$m=64,t=1,p=4$MDEyMzQ1Njc4OWFiY2RlZg$ui4hUdYv3O4AF9GeVpvJdQ"sv},
    {"secret"sv, "$argon2i$v=19$m=64,t=1,p=4$OCBieXRlcyE$EFl+AG4pj+FpaY598UaZjg"sv},
    {"secret"sv, "$argon2i$v=19$m=256,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$mdpkwIt0vqh3T1l7LS/LlTYY8pg6pkEOleg1TTWNSg1R81AU4ClaS1xvSuuQh4QYpu3kweko3GmWSJaqP42fxg"sv},
    {"secret"sv, "$argon2i$v=19$m=256,t=2,p=2$OCBieXRlcyE$EpJOlM/zrO0PqydIz1QOlOnk2symCKCAogEHrOWi8d1zTt+vtTUAt8llkW6ZGJ/JKjQBG+R3n5wZwqQoVRTziw"sv},
    {"secret"sv, "$argon2i$v=19$m=128,t=1,p=16$MDEyMzQ1Njc4OWFiY2RlZg$N2kmKOmvKo2Ipr4O"sv},
    {"secret"sv, "$argon2i$v=19$m=128,t=1,p=16$OCBieXRlcyE$5KgAqZBcramieRCn"sv},
    {"secret"sv, "$argon2id$v=16$m=64,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$fKgGm71WpxIo/u4gvJEIdnuMo7ROT0k/BFH/HUb7uvA"sv},
    {"secret"sv, "$argon2id$v=16$m=64,t=3,p=1$OCBieXRlcyE$wRmyDxIbuKScYflodI6UGM0G6TNWorfB7D/rqHiuowI"sv},
    {"secret"sv, "$argon2id$v=16$m=64,t=1,p=4$MDEyMzQ1Njc4OWFiY2RlZg$tn2aUr+zy/LsRKwB2PbCYg"sv},
    {"secret"sv, "$argon2id$v=16$m=64,t=1,p=4$OCBieXRlcyE$1BDDFOXVinXmEgcr6sYXig"sv},
    {"secret"sv, "$argon2id$v=16$m=256,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$YfQlIVfp2s2+PtOn/YmGHUgr0yfZ/eHR0lodmO67eG3lQX1SJ2hO2ScgHwhKC6YwJuGFnIJLCDnPSDcAbDww2g"sv},
    {"secret"sv, "$argon2id$v=16$m=256,t=2,p=2$OCBieXRlcyE$MfRCfp4j7ksdOX4l8MNofrEYzMpVS05pNNztC4eFagA3Cwx+q+4708gQsmdOiSBa3oPE8lUhOLC24JdHFNRQSw"sv},
    {"secret"sv, "$argon2id$v=16$m=128,t=1,p=16$MDEyMzQ1Njc4OWFiY2RlZg$YQvOMJ21mDijDiun"sv},
    {"secret"sv, "$argon2id$v=16$m=128,t=1,p=16$OCBieXRlcyE$60UT7xo80N8ehB9r"sv},
    {"secret"sv, "$argon2id$v=19$m=64,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$GJmrcbdBjTtWMMj1w5Js+SPapf9iaW8Vz9t8yuEt+hk"sv},
    {"secret"sv, "$argon2id$v=19$m=64,t=3,p=1$OCBieXRlcyE$aAvajYxJqvnvFVpPEdtYopbOmCH2MeUBLyv37aChsMk"sv},
    {"secret"sv, "$argon2id$v=19$m=64,t=1,p=4$MDEyMzQ1Njc4OWFiY2RlZg$vUMoGJF6nzpK1FYsFMfk3A"sv},
    {"secret"sv, "$argon2id$v=19$m=64,t=1,p=4$OCBieXRlcyE$JLqkm5Y/AzhBfpFQTpjh1g"sv},
    {"secret"sv, "$argon2id$v=19$m=256,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$To1jg1ja4htHCKUCfzUz8d9+eNaz0GmWIjdYo0V88dRIiqhLcDTZ+yj6Tbj8q8vNkNb21O1h4ukhPTB6OTi+qg"sv},
    {"secret"sv, "$argon2id$v=19$m=256,t=2,p=2$OCBieXRlcyE$vej8Tjy+/FcOp1vQEqk/Q3qk78Vt/PauAtJnbe/olI5o518JT1D3ZJjl6ek8qLkc2LDpfN5XR91yIV4Mp65aAA"sv},
    {"secret"sv, "$argon2id$v=19$m=128,t=1,p=16$MDEyMzQ1Njc4OWFiY2RlZg$ljHCkibDYwr0Kzg4"sv},
    {"secret"sv, "$argon2id$v=19$m=128,t=1,p=16$OCBieXRlcyE$ww12OHAIjmYDWrr5"sv},
    {"nul\000byte"sv, "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ULq8G9p4qJ3Ds94FzMwLhWEerU+IPiRB8EYF3+wKkjs"sv},
    {"nul\000byte"sv, "$pbkdf2-sha256$10$MDEyMzQ1Njc4OWFiY2RlZg$pRbvp5.ecfWDwuTQOY4oCaxMgy2pEuv/5j6xJY9KIUI"sv},
}};

} // namespace pawl::test
