// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {EpochReport} from "../interfaces/IEpochReports.sol";

/// @title The 32 bytes that are signed: EIP-712 digests of the structs of P-5, under the domain of P-4.
/// @dev In: the domain separator of the rewards contract, and a message. Out: its digest. The shared vectors are
/// packages/common/vectors/digests.json.
library Digests {
    bytes32 private constant REWARD_CLAIM_TYPEHASH = keccak256("RewardClaim(address recipient,uint256 amount)");
    bytes32 private constant EPOCH_REPORT_TYPEHASH = keccak256(
        "EpochReport(uint64 epoch,bytes32 rewardsRoot,uint256 totalOwed,uint64[] activate,uint64[] decommission)"
    );
    bytes32 private constant CONTEST_TYPEHASH = keccak256("Contest(uint64 epoch)");
    bytes32 private constant PROOF_OF_POSSESSION_TYPEHASH =
        keccak256("ProofOfPossession(bytes blsKey,address operator,bytes32 identityKey)");

    /// @notice What is signed for a reward claim: the lifetime amount of a recipient.
    function rewardClaim(bytes32 domainSeparator, address recipient, uint256 amount) internal pure returns (bytes32) {
        return _wrap(domainSeparator, keccak256(abi.encode(REWARD_CLAIM_TYPEHASH, recipient, amount)));
    }

    /// @notice What is signed for an epoch's report.
    function epochReport(bytes32 domainSeparator, EpochReport calldata report) internal pure returns (bytes32) {
        return _wrap(
            domainSeparator,
            keccak256(
                abi.encode(
                    EPOCH_REPORT_TYPEHASH,
                    report.epoch,
                    report.rewardsRoot,
                    report.totalOwed,
                    // The elements of an array, each padded to 32 bytes, without a length: what EIP-712 hashes.
                    keccak256(abi.encodePacked(report.activate)),
                    keccak256(abi.encodePacked(report.decommission))
                )
            )
        );
    }

    /// @notice What a decommissioned node signs in an epoch to be heard (P-111).
    function contest(bytes32 domainSeparator, uint64 epoch) internal pure returns (bytes32) {
        return _wrap(domainSeparator, keccak256(abi.encode(CONTEST_TYPEHASH, epoch)));
    }

    /// @notice What BLS key and identity key sign to enter the set.
    /// @param key The 96 bytes of P-2.
    function proofOfPossession(bytes32 domainSeparator, bytes32[3] memory key, address operator, bytes32 identityKey)
        internal
        pure
        returns (bytes32)
    {
        bytes32 keyHash = keccak256(abi.encode(key));
        return _wrap(
            domainSeparator, keccak256(abi.encode(PROOF_OF_POSSESSION_TYPEHASH, keyHash, operator, identityKey))
        );
    }

    function _wrap(bytes32 domainSeparator, bytes32 structHash) private pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(domainSeparator, structHash);
    }
}
