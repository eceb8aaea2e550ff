// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {Signer} from "./Signer.sol";

/// @title Who was present in an epoch, as agents read it from its records and showings: disjoint blocks of nodes, each
/// with the sum of its signatures. In: what the contract's events carry. Out: the present nodes, and one aggregate of
/// all.
/// @dev Sets of nodes are bit masks, bit i for node i.
library Blocks {
    struct Block {
        uint256 members;
        BLS.G2Point sum;
    }

    struct Ledger {
        Block[] blocks;
    }

    /// @notice Starts an epoch with the signers of its first record.
    function start(Ledger storage ledger, uint256 signers, BLS.G2Point memory signature) internal {
        delete ledger.blocks;
        ledger.blocks.push(Block(signers, signature));
    }

    /// @notice A showing counts if what it lists of earlier blocks are whole blocks; the rest of it becomes a new one.
    /// @return counts Whether it counts; otherwise it makes nobody present.
    function show(Ledger storage ledger, uint256 listed, BLS.G2Point memory signature) internal returns (bool counts) {
        uint256 rest = listed;
        for (uint256 i = 0; i < ledger.blocks.length; ++i) {
            uint256 members = ledger.blocks[i].members;
            uint256 common = listed & members;
            if (common == 0) continue;
            if (common != members) return false;
            rest &= ~members;
            signature = BLS.add(signature, _negated(ledger.blocks[i].sum));
        }
        if (rest != 0) ledger.blocks.push(Block(rest, signature));
        return true;
    }

    /// @notice The nodes of all blocks.
    function present(Ledger storage ledger) internal view returns (uint256 members) {
        for (uint256 i = 0; i < ledger.blocks.length; ++i) members |= ledger.blocks[i].members;
    }

    /// @notice The sum of all blocks: an aggregate of exactly those that are present. Call it when there is a block.
    function total(Ledger storage ledger) internal view returns (BLS.G2Point memory sum) {
        sum = ledger.blocks[0].sum;
        for (uint256 i = 1; i < ledger.blocks.length; ++i) sum = BLS.add(sum, ledger.blocks[i].sum);
    }

    function _negated(BLS.G2Point memory point) private view returns (BLS.G2Point memory) {
        BLS.G2Point[] memory points = new BLS.G2Point[](1);
        bytes32[] memory scalars = new bytes32[](1);
        (points[0], scalars[0]) = (point, bytes32(Signer.ORDER - 1));
        return BLS.msm(points, scalars);
    }
}
