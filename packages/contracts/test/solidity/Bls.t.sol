// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeRegistry} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {Bls} from "../../contracts/libraries/Bls.sol";
import {NodeData} from "../../contracts/libraries/NodeData.sol";
import {KeyStore} from "../../contracts/KeyStore.sol";
import {Assert} from "./support/Assert.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev Takes signatures from calldata, as the contracts do.
contract BlsCaller {
    function isValid(BLS.G1Point memory key, bytes32 digest, BLS.G2Point calldata signature)
        external
        view
        returns (bool)
    {
        return Bls.isValid(key, digest, signature);
    }

    function add(BLS.G1Point memory a, BLS.G1Point memory b) external view returns (BLS.G1Point memory) {
        return Bls.add(a, b);
    }

    function checkPrecompiles() external view {
        Bls.checkPrecompiles();
    }
}

contract BlsTest is Assert {
    BlsCaller private immutable caller = new BlsCaller();

    function test_checkPrecompiles_accepts_this_chain() public view {
        caller.checkPrecompiles();
    }

    function testFuzz_isValid_accepts_what_was_signed(uint256 secret, bytes32 digest) public view {
        secret = bound(secret, 1, Signer.ORDER - 1);
        assertTrue(caller.isValid(Signer.keyOf(secret), digest, Signer.sign(secret, digest)), "valid");
    }

    function testFuzz_isValid_refuses_another_digest_or_key(uint256 secret, bytes32 digest, bytes32 other) public view {
        vm.assume(digest != other);
        secret = bound(secret, 1, Signer.ORDER - 2);
        BLS.G2Point memory signature = Signer.sign(secret, digest);
        assertTrue(!caller.isValid(Signer.keyOf(secret), other, signature), "other digest");
        assertTrue(!caller.isValid(Signer.keyOf(secret + 1), digest, signature), "other key");
    }

    function test_isValid_refuses_a_signature_off_the_curve() public {
        BLS.G2Point memory signature = Signer.sign(7, bytes32(0));
        signature.y_c1_b = bytes32(uint256(signature.y_c1_b) ^ 1);
        BLS.G1Point memory key = Signer.keyOf(7);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
        caller.isValid(key, bytes32(0), signature);
    }

    function test_isValid_refuses_a_key_outside_the_subgroup() public {
        BLS.G2Point memory signature = Signer.sign(7, bytes32(0));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
        caller.isValid(Signer.outsideSubgroup(), bytes32(0), signature);
    }

    function test_isValid_refuses_a_signature_outside_the_subgroup() public {
        BLS.G1Point memory key = Signer.keyOf(7);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
        caller.isValid(key, bytes32(0), _g2OutsideSubgroup());
    }

    function test_isValid_refuses_a_coordinate_that_is_not_below_the_modulus() public {
        BLS.G1Point memory key = Signer.keyOf(7);
        BLS.G2Point memory signature = Signer.sign(7, bytes32(0));
        key.x_a = bytes32(uint256(key.x_a) + Bls.P_HIGH);
        key.x_b = bytes32(uint256(key.x_b) + Bls.P_LOW % 2 ** 128);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
        caller.isValid(key, bytes32(0), signature);
    }

    function test_isValid_refuses_padding_that_is_not_zero() public {
        BLS.G1Point memory key = Signer.keyOf(7);
        BLS.G2Point memory signature = Signer.sign(7, bytes32(0));
        key.x_a |= bytes32(uint256(1) << 128);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
        caller.isValid(key, bytes32(0), signature);
    }

    function test_add_refuses_a_point_off_the_curve() public {
        BLS.G1Point memory key = Signer.keyOf(7);
        key.y_b = bytes32(uint256(key.y_b) ^ 1);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
        caller.add(key, key);
    }

    function testFuzz_negate_gives_the_inverse(uint256 secret) public view {
        secret = bound(secret, 1, Signer.ORDER - 1);
        BLS.G1Point memory key = Signer.keyOf(secret);
        BLS.G1Point memory inverse = Signer.keyOf(secret);
        Bls.negate(inverse);
        assertTrue(Bls.isInfinity(Bls.add(key, inverse)), "sum is infinity");
        assertEq(abi.encode(inverse), abi.encode(Signer.keyOf(Signer.ORDER - secret)));
    }

    function test_negate_leaves_infinity() public pure {
        BLS.G1Point memory point;
        Bls.negate(point);
        assertTrue(Bls.isInfinity(point), "infinity");
    }

    function testFuzz_pack_and_unpack_are_inverse(uint256 secret) public view {
        BLS.G1Point memory key = Signer.keyOf(bound(secret, 1, Signer.ORDER - 1));
        bytes32[3] memory packed = Bls.pack(key);
        assertEq(abi.encode(Bls.unpack(packed)), abi.encode(key));
        // P-2: x and y without the 16 bytes of padding each.
        bytes memory expected = abi.encodePacked(bytes16(uint128(uint256(key.x_a))), key.x_b);
        expected = abi.encodePacked(expected, bytes16(uint128(uint256(key.y_a))), key.y_b);
        assertEq(abi.encodePacked(packed), expected);
    }

    function testFuzz_addressOf_is_the_CREATE_address(address store, uint32 nonce) public pure {
        nonce = uint32(bound(nonce, 1, type(uint32).max));
        assertEq(NodeData.addressOf(store, nonce), vm.computeCreateAddress(store, nonce));
        // Every length of a nonce's RLP, and its edges.
        uint256[8] memory edges = [uint256(1), 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0x1000000];
        for (uint256 i = 0; i < edges.length; ++i) {
            assertEq(NodeData.addressOf(store, edges[i]), vm.computeCreateAddress(store, edges[i]));
        }
    }

    function test_KeyStore_appends_for_its_owner_only() public {
        KeyStore store = new KeyStore();
        assertEq(store.append(hex"0102").code, hex"000102");
        assertEq(store.append(hex"03"), NodeData.addressOf(address(store), 2));
        vm.prank(address(1));
        vm.expectRevert(abi.encodeWithSelector(KeyStore.NotOwner.selector, address(1), address(this)));
        store.append(hex"04");
    }

    function test_KeyStore_refuses_what_does_not_fit_a_contract() public {
        KeyStore store = new KeyStore();
        vm.expectRevert(abi.encodeWithSelector(KeyStore.AppendFailed.selector, 24_576));
        store.append(new bytes(24_576));
    }

    /// @dev A point of the twist y^2 = x^3 + 4 (1 + i) outside the subgroup: x = 2 (from @noble/curves).
    function _g2OutsideSubgroup() private pure returns (BLS.G2Point memory point) {
        point.x_c0_b = bytes32(uint256(2));
        point.y_c0_a = 0x0000000000000000000000000000000018c6b864ae17dc9da64203ffefb96630;
        point.y_c0_b = 0x6425a7bc6aeb7c75247438372716284a4173830420cd476ba1a365b95bfcec38;
        point.y_c1_a = 0x00000000000000000000000000000000172e93db764a8400a7d5071b6b6f5de0;
        point.y_c1_b = 0xda2f0f4a063119abca014006b7c40a2cfe291a1924e65db0d6d0fcfbf3bf3d5c;
    }
}
