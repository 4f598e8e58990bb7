package com.example;

import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@EnableMethodSecurity
@RestController
public class Application {
    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    /** The keys are fetched when the first token comes. Spring Boot's own decoder wants the type JWT; Pawl's is at+jwt. */
    @Bean
    JwtDecoder decoder(@Value("${pawl}") String pawl) {
        var decoder = NimbusJwtDecoder.withJwkSetUri(pawl + "/.well-known/jwks.json")
            .jwsAlgorithm(SignatureAlgorithm.ES256).validateType(false).build();
        decoder.setJwtValidator(
            JwtValidators.createAtJwtValidator().issuer(pawl).audience(pawl).clientId("pawl").build());
        return decoder;
    }

    @GetMapping("/me")
    Map<String, Object> me(@AuthenticationPrincipal Jwt user) {
        return user.getClaims();
    }

    @GetMapping("/drafts")
    @PreAuthorize("hasRole('editor')")
    Map<String, Object> drafts() {
        return Map.of("drafts", List.of());
    }
}
