/// A key pair that cosign 2.5.0 made for these tests and nothing else. Its password is "secret".
enum KnownKey {
    static let password = Array("secret".utf8)
    static let encrypted = """
        -----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
        eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
        OCwicCI6MX0sInNhbHQiOiIrREp5cWsvYTh2WGdHUUVYVE9FbWxQTHdVSnhLUW9C
        clBmZDNPVnRlTTdZPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
        Iiwibm9uY2UiOiJTNG5zUlVINHBXUkNPRnN0NTZqVEc2eUpqczR6R3VoWSJ9LCJj
        aXBoZXJ0ZXh0IjoidTVra2xmb3oxakN0Qmo3ek1WNmlCdWEreUx3b3A1Qzc1UXhy
        K0Vwc3doR0dDQUttRmk1aEdzWWRaRTYrSDVFWk9oS09tWkl3MVJDUGVWMEh5S2w0
        d0dESkk2TjZsVGI2bHJHVld6OEw3UVV6QWJ6YkxuUDdJanQ3M1A1d1ZMVTU0ZHNM
        c1loWC9MRkZia0M5WTViT1lpVHJ6RXBMN1VIY1l1K2FkU3VwQzBwU3doYWFjb2lL
        NjRVMlZRY0pyaW1RVzI2RmVLYzllY1dpaWc9PSJ9
        -----END ENCRYPTED SIGSTORE PRIVATE KEY-----

        """
    static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/S/54m/HlLPHcI9mh7v0DUvAHl/S
        wz7q7IHzW2ISwkkHUXioLbQwIL5TmlaINd4OhKAApdsd0vu2j6V7hPJm9Q==
        -----END PUBLIC KEY-----

        """
}
