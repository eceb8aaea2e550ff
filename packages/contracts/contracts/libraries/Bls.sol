// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeRegistry} from "../interfaces/IServiceNodeRegistry.sol";

/// @title BLS signatures on BLS12-381 by the precompiles of EIP-2537 (P-1 to P-3).
/// @dev In: keys in G1, signatures in G2, 32-byte digests. Out: whether a signature holds. Who may sign is not its job.
///
/// Two layouts of a G1 point: EIP-2537's 128 bytes, each coordinate padded to 64 (`BLS.G1Point`), and 96 bytes without
/// the padding (`bytes32[3]`, P-2), in which keys are stored.
///
/// PAIRING refuses points off the curve or outside the subgroup and coordinates not below the modulus; G1ADD does not
/// look at the subgroup; both take infinity. So a key is added only after its proof of possession went through PAIRING.
library Bls {
    address internal constant SHA256 = 0x0000000000000000000000000000000000000002;
    address internal constant MODEXP = 0x0000000000000000000000000000000000000005;
    address internal constant G1ADD = 0x000000000000000000000000000000000000000b;
    address internal constant G2ADD = 0x000000000000000000000000000000000000000d;
    address internal constant PAIRING = 0x000000000000000000000000000000000000000F;
    address internal constant MAP_FP2_TO_G2 = 0x0000000000000000000000000000000000000011;

    /// @dev The field modulus p: its upper 16 bytes and its lower 32.
    uint256 internal constant P_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 internal constant P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    /// @dev The Keccak-256 of 2 G1 and of H("Quorate known answer"), from @noble/curves (packages/contracts/test).
    bytes32 internal constant KNOWN_KEY_HASH = 0xd2b0d7b43ce993a817a069205ed3d7a139117befb9c0865d520f91ba88ac133b;
    bytes32 internal constant KNOWN_POINT_HASH = 0x084d45ac80e3f9dada7ad1d8d4dee9b3bf6536c33cf9d6ada1e755b38d6da0c5;

    /// @notice Whether `signature` is that of `key` over `digest`: e(-G1, signature) e(key, H(digest)) = 1.
    /// @dev Reverts with `InvalidPoint` when a point is malformed. Infinity is the caller's to refuse.
    function isValid(BLS.G1Point memory key, bytes32 digest, BLS.G2Point calldata signature)
        internal
        view
        returns (bool)
    {
        uint256 input = _pairingInput(key);
        assembly ("memory-safe") {
            calldatacopy(add(input, 0x80), signature, 0x100)
        }
        return _pairing(input, digest);
    }

    /// @notice Runs a known answer through every precompile and refuses a chain where it does not come out (P-32).
    /// @dev The secret key is 2: key = G1 + G1 and signature = H + H, both also compared with what they must be.
    function checkPrecompiles() internal view {
        bytes32 digest = keccak256("Quorate known answer");
        BLS.G1Point memory generator = BLS.G1Point({
            x_a: 0x0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0f,
            x_b: 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb,
            y_a: 0x0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4,
            y_b: 0xfcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1
        });
        BLS.G1Point memory key = add(generator, generator);
        BLS.G2Point memory hashed = hashToG2(digest);
        if (keccak256(abi.encode(key)) != KNOWN_KEY_HASH || keccak256(abi.encode(hashed)) != KNOWN_POINT_HASH) {
            revert IServiceNodeRegistry.KnownAnswerFailed();
        }
        BLS.G2Point memory signature = BLS.add(hashed, hashed);
        uint256 input = _pairingInput(key);
        assembly ("memory-safe") {
            mcopy(add(input, 0x80), signature, 0x100)
        }
        if (!_pairing(input, digest)) revert IServiceNodeRegistry.KnownAnswerFailed();
        if (_pairing(input, ~digest)) revert IServiceNodeRegistry.KnownAnswerFailed();
    }

    /// @notice Hashes a digest to G2 by the ciphersuite of P-1.
    function hashToG2(bytes32 digest) internal view returns (BLS.G2Point memory point) {
        uint256 out;
        assembly ("memory-safe") {
            out := point
        }
        _hashToG2(digest, out);
    }

    /// @notice The sum of two points. Neither is checked for the subgroup.
    function add(BLS.G1Point memory a, BLS.G1Point memory b) internal view returns (BLS.G1Point memory sum) {
        bool success;
        bool sized;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mcopy(input, a, 0x80)
            mcopy(add(input, 0x80), b, 0x80)
            success := staticcall(gas(), G1ADD, input, 0x100, sum, 0x80)
            sized := eq(returndatasize(), 0x80)
        }
        if (!success) revert IServiceNodeRegistry.InvalidPoint();
        if (!sized) revert IServiceNodeRegistry.PrecompileFailed(G1ADD);
    }

    /// @notice Negates a point in place: (x, y) becomes (x, p - y). Infinity stays infinity.
    function negate(BLS.G1Point memory point) internal pure {
        if (isInfinity(point)) return;
        assembly ("memory-safe") {
            let low := mload(add(point, 0x60))
            mstore(add(point, 0x40), sub(sub(P_HIGH, mload(add(point, 0x40))), gt(low, P_LOW)))
            mstore(add(point, 0x60), sub(P_LOW, low))
        }
    }

    /// @notice Whether a point of G1 is infinity: all zero in EIP-2537.
    function isInfinity(BLS.G1Point memory point) internal pure returns (bool infinity) {
        assembly ("memory-safe") {
            let upper := or(mload(point), mload(add(point, 0x20)))
            infinity := iszero(or(upper, or(mload(add(point, 0x40)), mload(add(point, 0x60)))))
        }
    }

    /// @notice Whether a point of G2 is infinity: all zero in EIP-2537.
    function isInfinity(BLS.G2Point calldata point) internal pure returns (bool infinity) {
        assembly ("memory-safe") {
            let bits := 0
            for { let i := 0 } lt(i, 0x100) { i := add(i, 0x20) } {
                bits := or(bits, calldataload(add(point, i)))
            }
            infinity := iszero(bits)
        }
    }

    /// @notice Drops the padding of a point whose coordinates are known to be below the modulus.
    function pack(BLS.G1Point memory point) internal pure returns (bytes32[3] memory packed) {
        packed[0] = (point.x_a << 128) | (point.x_b >> 128);
        packed[1] = (point.x_b << 128) | point.y_a;
        packed[2] = point.y_b;
    }

    /// @notice Puts the padding back.
    function unpack(bytes32[3] memory packed) internal pure returns (BLS.G1Point memory point) {
        point.x_a = packed[0] >> 128;
        point.x_b = (packed[0] << 128) | (packed[1] >> 128);
        point.y_a = bytes32(uint256(packed[1]) & type(uint128).max);
        point.y_b = packed[2];
    }

    /// @dev Room for two pairs, filled but for the signature at 0x80 and the hashed digest at 0x200.
    function _pairingInput(BLS.G1Point memory key) private pure returns (uint256 input) {
        assembly ("memory-safe") {
            input := mload(0x40)
            mstore(0x40, add(input, 0x300))
            // -G1, the negated generator.
            mstore(input, 0x0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0f)
            mstore(add(input, 0x20), 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb)
            mstore(add(input, 0x40), 0x00000000000000000000000000000000114d1d6855d545a8aa7d76c8cf2e21f2)
            mstore(add(input, 0x60), 0x67816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca)
            mcopy(add(input, 0x180), key, 0x80)
        }
    }

    function _pairing(uint256 input, bytes32 digest) private view returns (bool valid) {
        _hashToG2(digest, input + 0x200);
        bool success;
        bool sized;
        assembly ("memory-safe") {
            success := staticcall(gas(), PAIRING, input, 0x300, 0x00, 0x20)
            sized := eq(returndatasize(), 0x20)
            valid := eq(mload(0x00), 1)
        }
        if (!success) revert IServiceNodeRegistry.InvalidPoint();
        if (!sized) revert IServiceNodeRegistry.PrecompileFailed(PAIRING);
    }

    /// @dev RFC 9380 hash_to_curve for BLS12381G2_XMD:SHA-256_SSWU_RO_ with the tag of P-1: expand_message_xmd to 256
    /// bytes, four field elements, two maps, one sum. MAP_FP2_TO_G2 clears the cofactor, and does so linearly.
    function _hashToG2(bytes32 digest, uint256 out) private view {
        address failed;
        assembly ("memory-safe") {
            /// The 43 bytes of the tag and their length.
            function putTag(at) {
                mstore(at, "BLS_SIG_BLS12381G2_XMD:SHA-256_S")
                mstore(add(at, 0x20), "SWU_RO_POP_\x2b")
            }
            function sha256Of(at, size) -> hash, ok {
                ok := and(eq(returndatasize(), 0x20), staticcall(gas(), SHA256, at, size, 0x00, 0x20))
                hash := mload(0x00)
            }

            let uniform := mload(0x40) // 0x100: the expanded message
            let buffer := add(uniform, 0x100) // 0x200: what is hashed, MODEXP's input, the two mapped points

            // b0 = H(Z_pad 64 || digest 32 || l_i_b_str 2 || 0 || tag 44)
            mstore(buffer, 0)
            mstore(add(buffer, 0x20), 0)
            mstore(add(buffer, 0x40), digest)
            mstore(add(buffer, 0x60), shl(240, 256))
            putTag(add(buffer, 0x63))
            let b0, ok := sha256Of(buffer, 143)

            // b_i = H((b0 xor b_(i-1)) || i || tag), the first with b0 alone
            putTag(add(buffer, 0x21))
            let previous := 0
            for { let i := 1 } lt(i, 9) { i := add(i, 1) } {
                mstore(buffer, xor(b0, previous))
                mstore8(add(buffer, 0x20), i)
                let good
                previous, good := sha256Of(buffer, 77)
                ok := and(ok, good)
                mstore(add(uniform, shl(5, sub(i, 1))), previous)
            }
            if iszero(ok) { failed := SHA256 }

            // Each 64 bytes modulo p, in place.
            mstore(buffer, 0x40)
            mstore(add(buffer, 0x20), 0x20)
            mstore(add(buffer, 0x40), 0x40)
            mstore(add(buffer, 0xa0), 1)
            mstore(add(buffer, 0xc0), P_HIGH)
            mstore(add(buffer, 0xe0), P_LOW)
            for { let at := uniform } lt(at, buffer) { at := add(at, 0x40) } {
                mcopy(add(buffer, 0x60), at, 0x40)
                if iszero(
                    and(eq(returndatasize(), 0x40), staticcall(gas(), MODEXP, buffer, 0x100, at, 0x40))
                ) { failed := MODEXP }
            }

            let second := add(buffer, 0x100)
            if iszero(
                and(eq(returndatasize(), 0x100), staticcall(gas(), MAP_FP2_TO_G2, uniform, 0x80, buffer, 0x100))
            ) { failed := MAP_FP2_TO_G2 }
            if iszero(
                and(
                    eq(returndatasize(), 0x100),
                    staticcall(gas(), MAP_FP2_TO_G2, add(uniform, 0x80), 0x80, second, 0x100)
                )
            ) { failed := MAP_FP2_TO_G2 }
            if iszero(
                and(eq(returndatasize(), 0x100), staticcall(gas(), G2ADD, buffer, 0x200, out, 0x100))
            ) { failed := G2ADD }
        }
        if (failed != address(0)) revert IServiceNodeRegistry.PrecompileFailed(failed);
    }
}
