// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {Contributor, IServiceNodeRegistry, Registration} from "../interfaces/IServiceNodeRegistry.sol";
import {Bls} from "./Bls.sol";

/// @title What never changes about a node, as the code of a data contract.
/// @dev Layout: STOP 1 || key 96 || stake 16 || operator 20 || identity key 32 || fee 2 || contributors, each
/// address 20 || beneficiary 20 || stake 16. A signature check reads the first 113 bytes only, or key and stake from
/// the piece of the node's group.
library NodeData {
    uint256 private constant HEAD_SIZE = 166; // after the STOP
    uint256 private constant CONTRIBUTOR_SIZE = 56;
    uint256 private constant MAX_CONTRIBUTORS = 10; // P-27
    /// @dev Key and stake, with which a node's data begins: what a group keeps of it (P-43).
    uint256 internal constant PACKED_SIZE = 112;
    /// @dev Ids in a group: as many as fit a contract of 24,576 bytes (EIP-170), so that a list touches few groups
    /// (P-43).
    uint256 internal constant GROUP_SIZE = 219;

    /// @dev 1 + GROUP_SIZE * PACKED_SIZE: where a group's data ends, the STOP included.
    uint256 private constant PIECE_END = 24_529;

    /// @notice The store whose piece n is the data of node n. It is the first contract that the proxy made.
    function keyStore() internal view returns (address) {
        return addressOf(address(this), 1);
    }

    /// @notice The store whose piece g + 1 is group g (P-43). It is the second contract that the proxy made.
    function packStore() internal view returns (address) {
        return addressOf(address(this), 2);
    }

    /// @notice The data of a node.
    function pieceOf(uint256 id) internal view returns (address) {
        return addressOf(keyStore(), id);
    }

    /// @notice Where the n-th piece of a store is: the CREATE address of store and nonce, for nonces below 2^32.
    /// @dev The last 20 bytes of keccak256(rlp([store, nonce])). A nonce below 0x80 is one byte and its own RLP.
    function addressOf(address store, uint256 nonce) internal pure returns (address data) {
        assembly ("memory-safe") {
            let size := 0 // of the nonce, behind its length byte
            let tail := nonce
            if gt(nonce, 0x7f) {
                size := add(add(1, gt(nonce, 0xff)), add(gt(nonce, 0xffff), gt(nonce, 0xffffff)))
                tail := or(shl(shl(3, size), add(0x80, size)), nonce)
            }
            // list header || 0x94 || store || tail, in the scratch space from byte 10 on
            mstore(0x00, or(shl(168, add(0xd6, size)), or(shl(160, 0x94), shr(96, shl(96, store)))))
            mstore(0x20, shl(sub(248, shl(3, size)), tail))
            data := shr(96, shl(96, keccak256(0x0a, add(23, size))))
        }
    }

    function encode(
        bytes32[3] memory key,
        uint128 stake,
        Registration calldata registration,
        Contributor[] memory contributors
    ) internal pure returns (bytes memory data) {
        data = abi.encodePacked(key, stake, contributors[0].addr, registration.identityKey, registration.feeBps);
        for (uint256 i = 0; i < contributors.length; ++i) {
            Contributor memory c = contributors[i];
            data = abi.encodePacked(data, c.addr, c.beneficiary, c.stake);
        }
    }

    /// @notice Where in calldata a list of ids begins and ends.
    function bounds(uint64[] calldata ids) internal pure returns (uint256 cursor, uint256 end) {
        assembly ("memory-safe") {
            cursor := ids.offset
            end := add(cursor, shl(5, ids.length))
        }
    }

    /// @notice The id at a place in calldata, with all its 256 bits.
    function idAt(uint256 cursor) internal pure returns (uint256 id) {
        assembly ("memory-safe") {
            id := calldataload(cursor)
        }
    }

    /// @notice A running sum that starts at `point`: two points of 128 bytes, the sum itself and room for a key.
    function startSum(BLS.G1Point memory point) internal pure returns (bytes32[8] memory sum) {
        assembly ("memory-safe") {
            mcopy(sum, point, 0x80)
        }
    }

    /// @notice What a running sum has come to. It shares the sum's memory.
    function endSum(bytes32[8] memory sum) internal pure returns (BLS.G1Point memory point) {
        assembly ("memory-safe") {
            point := sum
        }
    }

    /// @notice Reads a node's key into a running sum's room, and returns its stake. `addLoaded` adds it.
    /// @param data Where the node's data is, and `offset` where in it: 1 in a piece of its own.
    function loadKey(bytes32[8] memory sum, address data, uint256 offset) internal view returns (uint256 stake) {
        assembly ("memory-safe") {
            let key := add(sum, 0x80)
            // x falls into place behind its 16 bytes of padding; y and the stake follow it, and y moves on by 16.
            extcodecopy(data, add(key, 0x10), offset, 0x70)
            stake := shr(128, mload(add(key, 0x70)))
            mcopy(add(key, 0x50), add(key, 0x40), 0x30)
            mstore(add(key, 0x40), shr(128, mload(add(key, 0x40))))
        }
    }

    /// @notice Adds the key that `loadKey` has read.
    function addLoaded(bytes32[8] memory sum) internal view {
        bool success;
        assembly ("memory-safe") {
            success := staticcall(gas(), 0x0b, sum, 0x100, sum, 0x80) // G1ADD
            success := and(success, eq(returndatasize(), 0x80))
        }
        if (!success) revert IServiceNodeRegistry.PrecompileFailed(Bls.G1ADD);
    }

    /// @notice Adds the keys of the ids in calldata from `cursor` on, as long as they ascend, are below `limit` and are
    /// in the first one's word of the bitmap.
    /// @dev This loop is what a packed non-signer costs. Unchecked: the stakes of distinct nodes sum to less than 2^96.
    /// @param previous The id before; ids are above it.
    /// @param data Where the keys and stakes of the group are that ends before `limit`.
    /// @param taken The word of the bitmap that says which of them are added; the others are passed over.
    /// @return Where it stopped, and the last id that it saw.
    /// @return stake The stake of those added.
    function addGroup(
        bytes32[8] memory sum,
        uint256 cursor,
        uint256 end,
        uint256 previous,
        address data,
        uint256 limit,
        uint256 taken
    ) internal view returns (uint256, uint256, uint256 stake) {
        bool failed = false;
        assembly ("memory-safe") {
            let word := shr(8, calldataload(cursor))
            for {} lt(cursor, end) { cursor := add(cursor, 0x20) } {
                let id := calldataload(cursor)
                if or(iszero(and(gt(id, previous), lt(id, limit))), xor(shr(8, id), word)) { break }
                previous := id
                if iszero(and(shr(and(id, 0xff), taken), 1)) { continue }
                // As `loadKey` and `addLoaded`, which cost a third more when they are called.
                let key := add(sum, 0x80)
                extcodecopy(data, add(key, 0x10), sub(PIECE_END, mul(sub(limit, id), PACKED_SIZE)), 0x70)
                stake := add(stake, shr(128, mload(add(key, 0x70))))
                mcopy(add(key, 0x50), add(key, 0x40), 0x30)
                mstore(add(key, 0x40), shr(128, mload(add(key, 0x40))))
                if iszero(and(eq(returndatasize(), 0x80), staticcall(gas(), 0x0b, sum, 0x100, sum, 0x80))) {
                    failed := 1
                    break
                }
            }
        }
        if (failed) revert IServiceNodeRegistry.PrecompileFailed(Bls.G1ADD);
        return (cursor, previous, stake);
    }

    /// @notice A node's stake.
    function stakeOf(uint256 id) internal view returns (uint256) {
        return _uintOf(id, 96, 16);
    }

    /// @notice A node's operator.
    function operatorOf(uint256 id) internal view returns (address) {
        return address(uint160(_uintOf(id, 112, 20)));
    }

    /// @notice The keys and stakes of the ids of a group, one behind the other. Id 0 does not exist and is zero.
    function readGroup(uint256 group) internal view returns (bytes memory data) {
        data = new bytes(GROUP_SIZE * PACKED_SIZE);
        address store = keyStore();
        for (uint256 i = group == 0 ? 1 : 0; i < GROUP_SIZE; ++i) {
            address piece = addressOf(store, group * GROUP_SIZE + i);
            assembly ("memory-safe") {
                extcodecopy(piece, add(add(data, 0x20), mul(i, PACKED_SIZE)), 1, PACKED_SIZE)
            }
        }
    }

    /// @notice Reads the part of a node's data that the view `node` shows.
    function decode(address data)
        internal
        view
        returns (
            bytes32[3] memory key,
            uint128 stake,
            address operator,
            bytes32 identityKey,
            uint16 feeBps,
            Contributor[] memory contributors
        )
    {
        bytes memory code = data.code;
        uint256 head;
        assembly ("memory-safe") {
            head := add(code, 0x21)
            mcopy(key, head, 0x60)
        }
        stake = uint128(_uintAt(head + 96, 16));
        operator = address(uint160(_uintAt(head + 112, 20)));
        identityKey = bytes32(_uintAt(head + 132, 32));
        feeBps = uint16(_uintAt(head + 164, 2));
        contributors = new Contributor[]((code.length - 1 - HEAD_SIZE) / CONTRIBUTOR_SIZE);
        for (uint256 i = 0; i < contributors.length; ++i) {
            uint256 offset = head + HEAD_SIZE + i * CONTRIBUTOR_SIZE;
            contributors[i] = Contributor({
                addr: address(uint160(_uintAt(offset, 20))),
                beneficiary: address(uint160(_uintAt(offset + 20, 20))),
                stake: uint128(_uintAt(offset + 40, 16))
            });
        }
    }

    /// @notice Memory for `find`, which reads one node's data after another into it.
    function room() internal pure returns (bytes memory) {
        return new bytes(MAX_CONTRIBUTORS * CONTRIBUTOR_SIZE);
    }

    /// @notice Whether `account` is among a node's contributors, of which the operator is the first, and where.
    /// @param scratch What `room` gave; the node's data is read over what it held.
    function find(address data, address account, bytes memory scratch) internal view returns (bool, uint256 index) {
        uint256 count = (data.code.length - 1 - HEAD_SIZE) / CONTRIBUTOR_SIZE;
        uint256 start;
        assembly ("memory-safe") {
            start := add(scratch, 0x20)
            extcodecopy(data, start, add(1, HEAD_SIZE), mul(count, CONTRIBUTOR_SIZE))
        }
        for (; index < count; ++index) {
            if (_uintAt(start + index * CONTRIBUTOR_SIZE, 20) == uint160(account)) return (true, index);
        }
        return (false, 0);
    }

    /// @dev The big-endian integer of `size` bytes at a place in a node's data, behind the STOP.
    function _uintOf(uint256 id, uint256 offset, uint256 size) private view returns (uint256 value) {
        address data = pieceOf(id);
        assembly ("memory-safe") {
            mstore(0x00, 0)
            extcodecopy(data, 0x00, add(offset, 1), size)
            value := shr(sub(256, shl(3, size)), mload(0x00))
        }
    }

    /// @dev The big-endian integer of `size` bytes at a place in memory.
    function _uintAt(uint256 offset, uint256 size) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, size)), mload(offset))
        }
    }
}
