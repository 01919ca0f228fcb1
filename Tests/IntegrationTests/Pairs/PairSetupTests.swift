import CapsuleTestSupport
import Testing

@Suite("The setup of pairs", .timeLimit(.minutes(2)), .needs("git", "kubectl"))
struct PairSetupTests {
    @Test("init writes the form, which the configuration then has")
    func initialized() async throws {
        try await PairShop.unpublished { pair in
            try expectSuccess(
                try await pair.shop.run("init", "--source", "app", "--to", "new.yaml", "--form", "pair"))
            let text = String(decoding: try readFile("\(pair.directory)/new.yaml"), as: UTF8.self)
            #expect(text.contains("\nform: pair\n") && text.contains("web-package\n"), "\(text)")
            let doctor = try await pair.shop.run("doctor", "--config", "new.yaml", "--gitops", "gitops.git")
            #expect(doctor.output.contains("new.yaml, 2 stages"), "\(doctor.output)")
            let refused = try await pair.shop.run("init", "--source", "app", "--to", "other.yaml", "--form", "both")
            #expect(refused.status == 64 && refused.errors.contains("is not capsule or pair"), "\(refused.errors)")
        }
    }

    @Test("doctor counts the witnesses, and names what cannot be one")
    func witnesses() async throws {
        try await PairShop.unpublished { pair in
            func doctor() async throws -> String { try await pair.shop.run("doctor").output }
            #expect(try await doctor().contains("apps/shop/releases is created by the first `capsule publish`"))
            try expectSuccess(try await pair.publish())
            #expect(try await doctor().contains("1 in apps/shop/releases; protect the history of main"))
            try await pair.inClone(
                """
                mkdir -p apps/shop/releases/old
                cp "$w" apps/shop/releases/old/git-1.yaml
                cp "$w" "${w%.yaml}.yml"
                echo note >apps/shop/releases/README
                ln -s README apps/shop/releases/git-\(String(repeating: "a", count: 40)).yaml
                git add -A; git commit -qm Strays; git push -q
                """)
            let strays = try await doctor()
            #expect(strays.contains("and 1 more, which cannot be a witness"), "\(strays)")
            #expect(strays.contains("apps/shop/releases/README") && !strays.contains("releases/\(pair.tag).yaml"))
        }
    }
}
