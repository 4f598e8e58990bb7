"""The keys of capsules: one that the log key makes, those that operators add, and what needs them."""
import base64
import json
import os

from support.case import ServerCase, main
from support.http import Client
from support.pawld import Pawld

from admin_test import SocketClient


class CapsuleKeysTest(ServerCase):
    def test_capsule_keys_rotate_and_retire(self):
        with Pawld() as server:
            admin = SocketClient(os.path.join(server.data_dir, "admin.sock"))
            key_file = os.path.join(server.data_dir, "keys.json")

            def read_key_file():
                with open(key_file, encoding="ascii") as file:
                    return json.load(file)

            def ids(listed):
                return [(key["id"], key["seals"]) for key in listed["capsule"]]
            listed = self.expect(admin.get("/admin/keys"), 200).json
            self.assertEqual(listed["capsule"], [{"id": 0, "created_at": None, "seals": True}])
            self.assertEqual((read_key_file()["version"], "capsule" in read_key_file()), (1, False))  # nothing is written
            refused = self.expect(admin.post("/admin/keys/retire", {"capsule_id": 0}), 409, "key_active").json
            self.assertIn("log key", refused["detail"])
            listed = self.expect(admin.post("/admin/keys/rotate", {"kind": "capsule"}), 200).json
            self.assertEqual(ids(listed), [(0, False), (1, True)])
            self.assertEqual((read_key_file()["version"], len(read_key_file()["capsule"])), (2, 1))
            self.assertNotIn(read_key_file()["capsule"][0]["key"], json.dumps(listed))
            self.expect(admin.post("/admin/keys/retire", {"capsule_id": 1}), 409, "key_active")
            self.expect(admin.post("/admin/keys/retire", {"capsule_id": 9}), 404, "key_not_found")
            self.expect(admin.post("/admin/keys/rotate", {"kind": "capsule"}), 200)
            server.restart()
            listed = self.expect(admin.post("/admin/keys/retire", {"capsule_id": 1}), 200).json
            self.assertEqual(ids(listed), [(0, False), (2, True)])
            self.expect(admin.post("/admin/keys/retire", {"capsule_id": 0}), 409, "key_active")
            for _ in range(15):
                self.expect(admin.post("/admin/keys/rotate", {"kind": "capsule"}), 200)
            self.expect(admin.post("/admin/keys/rotate", {"kind": "capsule"}), 409, "too_many_keys")
            server.restart()
            self.assertEqual(len(admin.get("/admin/keys").json["capsule"]), 17)

    def test_a_key_stays_while_a_secret_of_a_client_is_of_it(self):
        with Pawld() as server:
            admin = SocketClient(os.path.join(server.data_dir, "admin.sock"))

            def takes(secret):
                basic = base64.b64encode(("shop:" + secret).encode()).decode()
                asked = Client(server.url).form("/token", {"grant_type": "client_credentials"},
                                                {"Authorization": "Basic " + basic})
                return asked.status

            def make():
                return self.expect(admin.post("/admin/clients/shop/secrets", {"overlap": 3600}), 201).json["secret"]
            first = self.expect(admin.post("/admin/clients", {"client_id": "shop", "preset": "service"}), 201)
            first = first.json["client_secret"]  # of key 0
            self.expect(admin.post("/admin/keys/rotate", {"kind": "capsule"}), 200)
            second = make()  # of key 1
            self.expect(admin.post("/admin/keys/rotate", {"kind": "capsule"}), 200)
            self.assertEqual((takes(first), takes(second)), (200, 200))
            refused = self.expect(admin.post("/admin/keys/retire", {"capsule_id": 1}), 409, "key_in_use").json
            self.assertIn("client shop ", refused["detail"])
            server.restart()
            self.assertEqual((takes(first), takes(second)), (200, 200))
            third = make()  # of key 2
            self.expect(admin.post("/admin/keys/retire", {"capsule_id": 1}), 409, "key_in_use")
            self.expect(admin.delete("/admin/clients/shop/secrets/2"), 204)
            self.expect(admin.post("/admin/keys/retire", {"capsule_id": 1}), 200)
            self.assertEqual((takes(second), takes(third)), (401, 200))
            with open(os.path.join(server.data_dir, "keys.json"), encoding="ascii") as file:
                self.assertEqual([key["id"] for key in json.load(file)["capsule"]], [2])


if __name__ == "__main__":
    main()
