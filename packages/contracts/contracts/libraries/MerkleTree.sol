// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Proofs in OpenZeppelin's standard tree (P-41): each node is the hash of its children, the lower first.
/// @dev In assembly, because the hashing of some twelve levels is a good part of what a claim adds to a transfer.
library MerkleTree {
    /// @notice A recipient's leaf: hashed twice, so that no inner node of the tree passes for one.
    function leafOf(address recipient, uint256 amount) internal pure returns (bytes32 leaf) {
        assembly ("memory-safe") {
            mstore(0x00, shr(96, shl(96, recipient)))
            mstore(0x20, amount)
            mstore(0x00, keccak256(0x00, 0x40))
            leaf := keccak256(0x00, 0x20)
        }
    }

    /// @notice The root that a proof leads to.
    /// @param proof The siblings from the leaf upwards.
    function rootOf(bytes32 leaf, bytes32[] calldata proof) internal pure returns (bytes32 node) {
        assembly ("memory-safe") {
            node := leaf
            let end := add(proof.offset, shl(5, proof.length))
            for { let at := proof.offset } lt(at, end) { at := add(at, 0x20) } {
                let sibling := calldataload(at)
                let place := shl(5, gt(node, sibling)) // of `node`: the second when it is the higher
                mstore(place, node)
                mstore(xor(place, 0x20), sibling)
                node := keccak256(0x00, 0x40)
            }
        }
    }
}
